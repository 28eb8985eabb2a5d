import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reading, Ruleset, Step } from '../../../src/checks/service-rules/model.ts';
import { readNft } from '../../../src/checks/service-rules/nft/ruleset.ts';

const captures = join(import.meta.dirname, '../../fixtures/kube-proxy');
const listings = globSync('nftables-*/*.nft.json', { cwd: captures }).sort();
const metainfo = { metainfo: { version: '1.1.3', release_name: 'Any', json_schema_version: 1 } };
const table = { table: { family: 'ip', name: 't', handle: 1 } };
const chain = { chain: { family: 'ip', table: 't', name: 'c', handle: 2 } };

function captured(name: string): string {
  return readFileSync(join(captures, name), 'utf8');
}

function read(...objects: readonly unknown[]): Reading {
  return readNft(JSON.stringify({ nftables: objects }), { iptablesTables: false });
}

function ipv4(reading: Reading): Ruleset {
  const [ruleset] = reading.kind === 'Read' ? reading.rulesets : [];
  assert.ok(ruleset, JSON.stringify(reading));
  return ruleset;
}

/** steps are those of the rules of a chain with such expressions. */
function steps(...expressions: readonly unknown[]): readonly (readonly Step[])[] {
  const rule = { rule: { family: 'ip', table: 't', chain: 'c', handle: 3, expr: expressions } };
  const { chains } = ipv4(read(metainfo, table, chain, rule));
  return chains.get('nftables ip t/c')?.rules.map((each) => each.steps) ?? [];
}

test('Of each captured listing everything is understood', () => {
  assert.equal(listings.length, 6);
  for (const name of listings) {
    const reading = readNft(captured(name), { iptablesTables: false });
    const rulesets = reading.kind === 'Read' ? reading.rulesets : [];
    const unclear = rulesets
      .flatMap(({ chains }) => [...chains.values()])
      .flatMap(({ rules }) => rules)
      .filter((rule) => rule.steps.some((step) => 'text' in step));
    assert.deepEqual(unclear, [], name);
    assert.deepEqual(
      rulesets.map(({ family, bases, sets }) => [
        family,
        bases.length,
        [...sets.values()].some((set) => set.partial),
      ]),
      [
        ['IPv4', 8, false],
        ['IPv6', 8, false],
      ],
      name,
    );
  }
});

test('Each rule of a captured listing is one rule that is shown without handles', () => {
  for (const name of listings) {
    const text = captured(name);
    const { chains } = ipv4(readNft(text, { iptablesTables: false }));
    const rules = [...chains.values()].flatMap((each) => each.rules);
    const listed = text.split('{"rule": {"family": "ip", "table": "kube-proxy"').length - 1;
    assert.equal(rules.length, listed, name);
    assert.ok(rules.every(({ raw }) => raw.length <= 240 && !raw.includes('"handle"')));
  }
});

test('A Service of a captured node is followed from its address to its endpoints', () => {
  const { chains, sets } = ipv4(readNft(captured('nftables-healthy/n1.nft.json'), { iptablesTables: false }));
  const ips = sets.get('nftables ip kube-proxy/service-ips');
  assert.equal(ips?.elements.size, 23);
  const verdict = ips?.elements.get('10.96.149.21 udp 53');
  const service = 'nftables ip kube-proxy/service-K3OFCM3E-shop/api/udp/dns';
  assert.deepEqual(verdict, { action: 'goto', chain: service });
  assert.deepEqual(
    chains.get(service)?.rules.map((rule) => rule.steps),
    [
      [
        { match: 'protocol', protocols: ['udp'], negated: false },
        {
          action: 'dnat',
          targets: ['10.244.1.5', '10.244.2.4', '10.244.3.7', '10.244.3.8'].map((address) => ({
            address,
            port: 5353,
          })),
        },
      ],
    ],
  );
  assert.deepEqual(
    sets.get('nftables ip kube-proxy/no-endpoint-services')?.elements.get('10.96.136.100 tcp 5432'),
    {
      action: 'drop',
    },
  );
  assert.ok(
    sets.get('nftables ip kube-proxy/hairpin-connections')?.elements.has('10.244.1.5 10.244.1.5 sctp 2905'),
  );
});

test('A list that rules put sources on is remembered, whoever is on it now', () => {
  const text = captured('nftables-healthy/n1.nft.json');
  const list = 'nftables ip kube-proxy/affinity-RDQEZ5LK-shop/sticky/tcp/http__10.244.1.5/8080';
  const { chains, sets } = ipv4(readNft(text, { iptablesTables: false }));
  assert.deepEqual(sets.get(list), { id: list, elements: new Map(), timeoutSeconds: 600 });
  const [first] = chains.get('nftables ip kube-proxy/service-G5HJIGAW-shop/sticky/tcp/http')?.rules ?? [];
  assert.deepEqual(first?.steps[0], { match: 'remembered', list, seconds: 600 });
  const [update] =
    chains.get('nftables ip kube-proxy/endpoint-RDQEZ5LK-shop/sticky/tcp/http__10.244.1.5/8080')?.rules ?? [];
  assert.deepEqual(update?.steps, [{ action: 'remember', list }]);
});

test('The tables of iptables-nft are read only where they are asked for', () => {
  const text = captured('nftables-healthy/n1.nft.json');
  const tables = (iptablesTables: boolean) => {
    const { chains } = ipv4(readNft(text, { iptablesTables }));
    return [...new Set([...chains.values()].map((each) => each.table))];
  };
  assert.deepEqual(tables(false), ['ip kube-proxy']);
  assert.deepEqual(tables(true), ['ip mangle', 'ip filter', 'ip nat', 'ip kube-proxy']);
  const { chains } = ipv4(readNft(text, { iptablesTables: true }));
  assert.deepEqual(
    chains
      .get('nftables ip filter/KUBE-FIREWALL')
      ?.rules[0]?.steps.map((step) => ('match' in step ? step.match : step.action)),
    ['source', 'destination', 'unknown', 'drop'],
  );
});

test('What newer versions write otherwise means the same', () => {
  const mark = { meta: { key: 'mark' } };
  const set = { action: 'mark', and: 0xffff0000, xor: 0x12 };
  const mangle = (value: unknown) => ({ mangle: { key: mark, value } });
  assert.deepEqual(steps(mangle({ '|': [{ '&': [mark, 0xffff0000] }, 0x10, 0x2] })), [[set]]);
  assert.deepEqual(steps(mangle({ '|': [0x12, { '&': [0xffff0000, mark] }] })), [[set]]);
  assert.deepEqual(
    steps({ match: { op: 'in', left: { ct: { key: 'state' } }, right: { '|': ['established', 'new'] } } }),
    [[{ match: 'state', states: ['ESTABLISHED', 'NEW'], negated: false }]],
  );
  assert.deepEqual(
    steps({ match: { op: '==', left: { fib: { result: 'type', flags: 'daddr' } }, right: 'local' } }),
    [[{ match: 'destinationLocal', negated: false }]],
  );
});

test('Rules may be listed before their chains, and chains before their tables', () => {
  const rule = { rule: { family: 'ip', table: 't', chain: 'c', expr: [{ drop: null }] } };
  const { chains } = ipv4(read(rule, chain, table, metainfo));
  assert.deepEqual(chains.get('nftables ip t/c')?.rules, [
    { raw: '[{"drop":null}]', steps: [{ action: 'drop' }] },
  ]);
});

test('A dormant table has no base chains', () => {
  const base = { chain: { ...chain.chain, type: 'filter', hook: 'input', prio: 0, policy: 'drop' } };
  assert.equal(ipv4(read(metainfo, table, base)).bases.length, 1);
  for (const flags of [['dormant'], 'dormant']) {
    assert.equal(ipv4(read(metainfo, { table: { ...table.table, flags } }, base)).bases.length, 0);
  }
});

test('Tables through which no packet to a Service goes are left out', () => {
  const others = ['bridge', 'arp', 'netdev'].flatMap((family) => [
    { table: { family, name: 't' } },
    { chain: { family, table: 't', name: 'c', type: 'filter', hook: 'ingress', prio: 0 } },
  ]);
  assert.deepEqual(ipv4(read(metainfo, ...others)).chains, new Map());
});

test('Nothing is done twice where a rule is taken apart', () => {
  const flip = { mangle: { key: { meta: { key: 'mark' } }, value: { '^': [{ meta: { key: 'mark' } }, 1] } } };
  const names = { match: { op: '==', left: { meta: { key: 'iifname' } }, right: { set: ['a', 'b'] } } };
  assert.equal(steps(names, { drop: null }).length, 2);
  const [rule = [], ...more] = steps(flip, names, { drop: null });
  assert.deepEqual(more, []);
  assert.deepEqual(rule[0], { action: 'mark', and: 0xffffffff, xor: 1 });
  assert.ok(rule[1] !== undefined && 'action' in rule[1] && rule[1].action === 'unknown');
});

test('What is not understood is kept with its text', () => {
  const odd = [{ frobnicate: { deeply: true } }, 'text', 7, null, [], { match: null }, { xt: null }];
  for (const statement of odd) {
    const [rule = []] = steps(statement);
    const [step] = rule;
    assert.ok(step !== undefined && 'text' in step, JSON.stringify(statement));
    assert.ok(step.text.includes(JSON.stringify(statement).slice(1, -1)));
  }
});

test('A listing that is cut or contradicts itself is unreadable, and never empty', () => {
  const rule = { rule: { family: 'ip', table: 't', chain: 'elsewhere', expr: [] } };
  const jump = { rule: { family: 'ip', table: 't', chain: 'c', expr: [{ jump: { target: 'x' } }] } };
  const asking = {
    rule: {
      ...jump.rule,
      expr: [{ match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '@x' } }],
    },
  };
  const unreadable: readonly Reading[] = [
    ...['', '{', '[]', 'null', '{"nftables": {}}', 'Error: Operation not permitted'].map((text) =>
      readNft(text, { iptablesTables: false }),
    ),
    read(),
    read(table, chain),
    read({ metainfo: { ...metainfo.metainfo, json_schema_version: 2 } }),
    read(metainfo, chain),
    read(metainfo, { chain: { name: 'c' } }),
    read(metainfo, { rule: { chain: 'c' } }),
    read(metainfo, { table: { name: 't' } }),
    read(metainfo, table, rule),
    read(metainfo, table, chain, jump),
    read(metainfo, table, chain, asking),
    read(metainfo, table, chain, 'text'),
    read(metainfo, { table: [] }),
    read(metainfo, table, { chain: { family: 'ip', table: 't' } }),
    read(metainfo, table, { chain: { ...chain.chain, type: 'nat', hook: 'input', prio: 'soon' } }),
  ];
  assert.deepEqual(
    unreadable.map(({ kind }) => kind),
    unreadable.map(() => 'Unreadable'),
  );
  assert.deepEqual(read(metainfo, table, rule), {
    kind: 'Unreadable',
    problem: 'A rule is in chain ip t/elsewhere, which was not listed',
  });
  const whole = captured('nftables-healthy/n1.nft.json').trimEnd();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (end) => {
      assert.equal(readNft(whole.slice(0, end), { iptablesTables: false }).kind, 'Unreadable');
    }),
  );
});

test('Whatever JSON is listed, reading does not throw', () => {
  const word = fc.constantFrom(
    ...['match', 'payload', 'meta', 'key', 'mark', 'op', '==', '!=', 'left', 'right', 'set', 'map', 'concat'],
    ...[
      'numgen',
      'mod',
      'random',
      'data',
      'vmap',
      'dnat',
      'addr',
      'elem',
      'val',
      'range',
      'prefix',
      '@s',
      '|',
      '&',
    ],
  );
  const { expression } = fc.letrec((tie) => ({
    expression: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.oneof(word, fc.integer(), fc.constant(null), fc.constant('10.0.0.1'), fc.double()),
      fc.array(tie('expression'), { maxLength: 3 }),
      fc.dictionary(word, tie('expression'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(
      fc.array(expression, { maxLength: 4 }),
      fc.array(expression, { maxLength: 4 }),
      (expr, elem) => {
        const set = { set: { family: 'ip', table: 't', name: 's', type: 'ipv4_addr', elem } };
        const rule = { rule: { family: 'ip', table: 't', chain: 'c', expr } };
        const reading = read(metainfo, table, chain, set, rule, ...expr);
        assert.ok(reading.kind === 'Read' || reading.problem !== '');
      },
    ),
    { numRuns: 2000 },
  );
});

test('Sets of any size hold what was listed', () => {
  const item = fc.oneof(
    fc.ipV4(),
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([addr, len]) => ({ prefix: { addr, len } })),
    fc.ipV4().map((val) => ({ elem: { val, comment: 'why', timeout: 60 } })),
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 30 }), (elem) => {
      const left = { payload: { protocol: 'ip', field: 'daddr' } };
      const named = { set: { family: 'ip', table: 't', name: 's', type: 'ipv4_addr', elem } };
      const rule = (right: unknown) => ({
        rule: { family: 'ip', table: 't', chain: 'c', expr: [{ match: { op: '==', left, right } }] },
      });
      const { chains, sets } = ipv4(read(metainfo, table, chain, named, rule('@s'), rule({ set: elem })));
      const [one, other] = chains.get('nftables ip t/c')?.rules ?? [];
      assert.deepEqual(one?.steps, other?.steps);
      const bounds = one?.steps.flatMap((step) =>
        'set' in step && typeof step.set === 'object' ? step.set.bounds : [],
      );
      assert.deepEqual(
        bounds,
        [...(bounds ?? [])].sort((a, b) => Number(a) - Number(b)),
      );
      const single = elem.filter((each) => typeof each === 'string');
      assert.ok(single.every((each) => sets.get('nftables ip t/s')?.elements.has(each)));
    }),
  );
});
