import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Answer } from 'dns-packet';
import { type Lookup, parseNslookup } from '../../src/checks/dns/nslookup.ts';
import { type Listening, type Respond, startDNSServer } from './dns-server.ts';

const name = 'name.example';
const address: Answer = { type: 'A', name, data: '192.0.2.1' };
const record = { type: 'A', name: `${name}.`, value: '192.0.2.1' };
const tcp = { silent: [], refused: [], outcome: 'Unreachable', records: [] };

/** lookUp asks a server of the given replies by the real nslookup. The port is not part of what is compared. */
async function lookUp(args: readonly string[], respond: Respond, listening?: Listening) {
  const server = await startDNSServer(respond, listening);
  try {
    const options = ['-timeout=1', '-retry=1', `-port=${server.port}`, ...args, `${name}.`, server.address];
    const lookup = await new Promise<Lookup>((done, fail) => {
      execFile('nslookup', options, { maxBuffer: 1 << 20, timeout: 20_000 }, (error, text) => {
        const code = error === null ? 0 : (error.code ?? null);
        if (typeof code === 'string') fail(error);
        else done(parseNslookup(text, code));
      });
    });
    const { server: answered, ...rest } = lookup;
    return { ...rest, ...(answered === undefined ? {} : { server: answered.split('#')[0] }) };
  } finally {
    await server.stop();
  }
}

describe('The DNS server of the tests, asked by the real nslookup', () => {
  const answered = {
    outcome: 'Answer',
    records: [record],
    silent: [],
    refused: [],
    server: '127.0.0.1',
    name: `${name}.`,
  };

  it('answers over UDP and over TCP', async () => {
    assert.deepEqual(await lookUp(['-type=A'], () => ({ answers: [address] })), answered);
    assert.deepEqual(await lookUp(['-type=A', '-vc'], () => ({ answers: [address] })), answered);
  });

  it('is asked again over TCP for what does not fit, unless TCP is refused', async () => {
    const answers = Array.from({ length: 100 }, (_, index) => ({ ...address, data: `192.0.2.${index}` }));
    const seen: string[] = [];
    const { outcome, records } = await lookUp(['-type=A'], ({ transport }) => {
      seen.push(transport);
      return { answers };
    });
    assert.deepEqual([outcome, records.length, seen], ['Answer', 100, ['UDP', 'TCP']]);
    assert.deepEqual(await lookUp(['-type=A'], () => ({ answers }), { transports: ['UDP'] }), {
      ...tcp,
      refused: ['127.0.0.1'],
      detail: 'connection refused',
    });
  });

  it('says every rcode', async () => {
    for (const [rcode, outcome] of [
      ['NXDOMAIN', 'NXDomain'],
      ['SERVFAIL', 'ServerFailure'],
      ['REFUSED', 'Refused'],
      ['NOTIMP', 'Broken'],
    ] as const) {
      const found = await lookUp(['-type=A'], () => ({ rcode }));
      assert.deepEqual([found.outcome, found.detail, found.name], [outcome, rcode, `${name}.`]);
    }
    assert.equal((await lookUp(['-type=A'], () => ({}))).outcome, 'NoData');
  });

  it('is silent, late, closed, or hangs up', async () => {
    assert.equal((await lookUp(['-type=A'], () => 'Drop')).outcome, 'TimedOut');
    assert.equal(
      (await lookUp(['-type=A'], () => ({ answers: [address], delayMilliseconds: 60_000 }))).outcome,
      'TimedOut',
    );
    assert.equal((await lookUp(['-type=A'], () => 'Drop', { transports: ['TCP'] })).outcome, 'Unreachable');
    assert.equal((await lookUp(['-type=A', '-vc'], () => 'Close')).outcome, 'Unreachable');
  });

  it('gives no wrong reply that is taken for an answer', async () => {
    const wrongs: readonly (readonly [readonly string[], Respond])[] = [
      [['-type=A'], () => ({ answers: [address], wrong: 'Id' })],
      [['-type=A'], () => ({ answers: [address], wrong: 'Question' })],
      [['-type=A'], () => ({ answers: [address], wrong: 'NotAReply' })],
      [['-type=A'], () => ({ answers: [address], mangle: (message) => message.subarray(0, -2) })],
      [['-type=A'], () => ({ mangle: () => Buffer.from('garbage') })],
      [['-type=A', '-vc'], () => ({ answers: [address], wrong: 'Id' })],
      [['-type=A', '-vc'], () => ({ mangle: () => Buffer.alloc(65_535, 'x') })],
      [
        ['-type=A', '-vc'],
        () => ({
          answers: Array.from({ length: 2000 }, (_, index) => ({
            ...address,
            data: `10.0.${index >> 8}.${index & 255}`,
          })),
        }),
      ],
    ];
    for (const [args, respond] of wrongs) {
      const { outcome, records } = await lookUp(args, respond);
      assert.deepEqual({ outcome, records }, { outcome: 'Broken', records: [] });
    }
  });

  it('gives the right answer after a forged one', async () => {
    const forged = { answers: [{ ...address, data: '192.0.2.66' }], wrong: 'Id' } as const;
    assert.deepEqual(await lookUp(['-type=A'], () => [forged, { answers: [address] }]), answered);
  });

  it('loses the second of two questions: an address is not the whole answer then', async () => {
    const { outcome, records } = await lookUp([], ({ type }) =>
      type === 'A' ? { answers: [address] } : 'Drop',
    );
    assert.deepEqual({ outcome, records }, { outcome: 'TimedOut', records: [] });
  });
});
