import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  maxNameservers,
  maxSearch,
  maxSearchCharacters,
  parseResolvConf,
} from '../../../src/checks/dns/resolv-conf.ts';

const empty = { nameservers: [], search: [], ndots: 1, options: [] };

describe("A Pod's resolv.conf", () => {
  it('is read as the kubelet writes it', () => {
    const text = `search default.svc.cluster.local svc.cluster.local cluster.local
nameserver 10.96.0.10
nameserver fd00:10:96::a
options ndots:5
`;
    assert.deepEqual(parseResolvConf(text), {
      nameservers: ['10.96.0.10', 'fd00:10:96::a'],
      search: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
      options: ['ndots:5'],
    });
  });

  for (const [what, text, expected] of [
    ['nothing', '', {}],
    ['comments', '# nameserver 192.0.2.1\n;search a\n', {}],
    ['keywords that do not begin their line', ' nameserver 192.0.2.1\n\tsearch a\n', {}],
    ['keywords without a space', 'nameserver192.0.2.1\nsearchlist a\noptions:ndots:5\n', {}],
    [
      'tabs, carriage returns, no last line feed',
      'nameserver\t192.0.2.1 \r\nsearch\ta \t b',
      {
        nameservers: ['192.0.2.1'],
        search: ['a', 'b'],
      },
    ],
    ['a word after the address', 'nameserver 192.0.2.1 # ours\n', { nameservers: ['192.0.2.1'] }],
    [
      'more servers than three',
      'nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n',
      {
        nameservers: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
      },
    ],
    [
      'servers that are no addresses',
      'nameserver dns\nnameserver 192.0.2.256\nnameserver\nnameserver 192.0.2.7\n',
      {
        nameservers: ['192.0.2.7'],
      },
    ],
    [
      'IPv6 in any spelling, and scopes',
      'nameserver FD00:0::0A\nnameserver fe80::1%eth0\nnameserver 192.0.2.1%eth0\n',
      {
        nameservers: ['fd00::a', 'fe80::1%eth0'],
      },
    ],
    ['the last of search', 'search a b\nsearch C.\n', { search: ['c'] }],
    ['the last of search and domain', 'search a b\ndomain c d\n', { search: ['c'] }],
    ['the last of domain and search', 'domain c\nsearch a b\n', { search: ['a', 'b'] }],
    ['a search without names', 'search a\nsearch \n', { search: ['a'] }],
    ['the root alone', 'search .\n', { search: ['.'] }],
    ['a suffix that is too long', `search ${'a'.repeat(254)} b\n`, { search: ['b'] }],
    [
      'options of several lines',
      'options ndots:2 timeout:1\noptions ndots:3 rotate\n',
      {
        ndots: 3,
        options: ['ndots:3', 'timeout:1', 'rotate'],
      },
    ],
    ['more dots than there can be', 'options ndots:99\n', { ndots: 15, options: ['ndots:99'] }],
    ['dots that are no number', 'options ndots:many\n', { ndots: 0, options: ['ndots:many'] }],
    ['no dots at all', 'options ndots:0\n', { ndots: 0, options: ['ndots:0'] }],
  ] as const) {
    it(`is read with ${what}`, () => {
      assert.deepEqual(parseResolvConf(text), { ...empty, ...expected });
    });
  }

  it('comes back as it was written', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}(\.[a-z]{1,9}){0,3}$/);
    const written = fc.record({
      nameservers: fc.array(fc.ipV4(), { maxLength: maxNameservers }),
      search: fc.array(name, { minLength: 1, maxLength: 6 }),
      ndots: fc.nat({ max: 15 }),
      noise: fc.array(fc.constantFrom('# comment', ';', 'sortlist 192.0.2.0', 'lookup file bind', ''), {
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(written, ({ nameservers, search, ndots, noise }) => {
        const text = [
          ...noise,
          ...nameservers.map((each) => `nameserver ${each}`),
          `search ${search.join(' ')}`,
          ...noise,
          `options ndots:${ndots}`,
        ].join('\n');
        assert.deepEqual(parseResolvConf(text), { nameservers, search, ndots, options: [`ndots:${ndots}`] });
      }),
    );
  });

  it('is bounded whatever is in it', () => {
    const word = fc.constantFrom(
      'nameserver ',
      'search ',
      'options ',
      'ndots:',
      '192.0.2.1',
      'a.b',
      '\n',
      ' ',
      '%',
      '#',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 200 }).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(text, (garbage) => {
        const { nameservers, search, ndots } = parseResolvConf(garbage);
        assert.ok(nameservers.length <= maxNameservers && search.length <= maxSearch);
        assert.ok(ndots >= 0 && ndots <= 15);
      }),
    );
    const huge = parseResolvConf(
      `search ${'a.b '.repeat(100_000)}\n${'options x:1\n'.repeat(10_000)}nameserver 192.0.2.1\n`,
    );
    assert.equal(huge.search.length, maxSearch);
    const long = parseResolvConf(`search ${`${'a'.repeat(250)} `.repeat(32)}\n`);
    assert.ok(long.search.join(' ').length <= maxSearchCharacters && long.search.length === 8);
  });
});
