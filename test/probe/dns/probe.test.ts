import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Evidence, notAsked } from '../../../src/checks/dns/evidence.ts';
import { readEvidence } from '../../../src/checks/dns/evidence-reader.ts';
import { type Means, probe } from '../../../src/checks/dns/probe.ts';
import type { DNSTask, TaskEndpoint } from '../../../src/checks/dns/task.ts';
import { type DNSServer, type Listening, type Respond, startDNSServer } from '../../support/dns-server.ts';

let folder = '';
let resolvConf = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dns-probe-'));
  resolvConf = join(folder, 'resolv.conf');
  await writeFile(resolvConf, 'search x.svc.cluster.test\noptions ndots:5\n');
});
after(() => rm(folder, { recursive: true }));

const good: Respond = ({ name, type }) =>
  type === 'A' ? { answers: [{ type: 'A', name, ttl: 5, data: '10.1.2.3' }] } : {};

function taskOf(endpoints: readonly TaskEndpoint[], changes: Partial<DNSTask> = {}): DNSTask {
  return {
    lookups: [['one.svc.cluster.test.', 'A']],
    paths: ['Endpoints'],
    transports: ['UDP'],
    timeoutSeconds: 1,
    services: [{ addresses: [], endpoints }],
    first: 0,
    budget: { questions: 100, seconds: 30 },
    ...changes,
  };
}

/** asked carries a task out, holds the evidence to what a judge reads, and gives it. */
async function asked(
  task: DNSTask,
  given: Partial<Means> & { signal?: AbortSignal } = {},
): Promise<Evidence> {
  const { signal = new AbortController().signal, ...means } = given;
  const context = { signal, podAddresses: [], node: 'n', check: 'dns', progress() {}, async print() {} };
  const usual: Means = { resolvConf, command: ['nslookup'], patienceMilliseconds: 1500, port: 53 };
  const evidence = await probe({ ...task }, context, { ...usual, ...means });
  assert.deepEqual(readEvidence(evidence, task), { ok: true, evidence });
  return evidence;
}

async function withServer<T>(
  respond: Respond,
  use: (server: DNSServer, at: TaskEndpoint) => Promise<T>,
  listening: Listening = {},
): Promise<T> {
  const server = await startDNSServer(respond, listening);
  try {
    return await use(server, [server.address, server.port]);
  } finally {
    await server.stop();
  }
}

const kindsOf = ({ results, outcomes }: Evidence) => results.map((each) => outcomes[each]?.kind ?? each);

test('every kind of outcome is told, and equal ones once', async () => {
  const respond: Respond = (question) => {
    const { name } = question;
    if (name.startsWith('missing')) return { rcode: 'NXDOMAIN' };
    if (name.startsWith('broken')) return { rcode: 'SERVFAIL' };
    if (name.startsWith('refused')) return { rcode: 'REFUSED' };
    if (name.startsWith('odd')) return { rcode: 'NOTIMP' };
    return good(question);
  };
  const names = ['one', 'one', 'missing', 'broken', 'refused', 'odd'];
  await withServer(respond, async (_, at) => {
    const evidence = await asked(
      taskOf([at], {
        lookups: [
          ...names.map((each) => [`${each}.svc.cluster.test.`, 'A'] as const),
          ['one.svc.cluster.test.', 'SRV'],
        ],
      }),
    );
    assert.deepEqual(kindsOf(evidence), [
      'Answer',
      'Answer',
      'NXDomain',
      'ServerFailure',
      'Refused',
      'Broken',
      'NoData',
    ]);
    assert.equal(evidence.results[0], evidence.results[1]);
    const [first] = evidence.outcomes;
    assert.deepEqual([first?.name, first?.records], ['one.svc.cluster.test.', ['10.1.2.3']]);
    assert.match(first?.text ?? '', /^Server:\t\t127\.0\.0\.1\n/);
  });
});

test('latency is measured, and pairs that are answered whole have no halves', async () => {
  await withServer(good, async (_, at) => {
    const [latency] = (await asked(taskOf([at]))).latencies;
    assert.ok(latency);
    const { asked: count, answered, pairs, halves, p50, p90, max } = latency;
    assert.deepEqual({ count, answered, pairs, halves }, { count: 5, answered: 5, pairs: 10, halves: 0 });
    assert.ok(0 < p50 && p50 <= p90 && p90 <= max);
  });
});

test('a server that loses one of two questions from one socket is seen by its halves', async () => {
  const respond: Respond = (question) => (question.type === 'AAAA' ? 'Drop' : good(question));
  await withServer(respond, async (_, at) => {
    const [latency] = (await asked(taskOf([at]))).latencies;
    assert.deepEqual([latency?.pairs, latency?.halves], [10, 10]);
  });
});

test('one half that is lost has ten more pairs asked', async () => {
  let dropped = 0;
  const respond: Respond = (question) =>
    question.type === 'AAAA' && dropped++ === 0 ? 'Drop' : good(question);
  await withServer(respond, async (_, at) => {
    const [latency] = (await asked(taskOf([at]))).latencies;
    assert.deepEqual([latency?.pairs, latency?.halves], [20, 1]);
  });
});

test('a server that was silent twice is not asked again, and the other transport is', async () => {
  const lookups = ['a', 'b', 'c', 'd'].map((each) => [`${each}.svc.cluster.test.`, 'A'] as const);
  const respond: Respond = (question) => (question.transport === 'UDP' ? 'Drop' : good(question));
  await withServer(respond, async (server, at) => {
    const evidence = await asked(taskOf([at], { lookups, transports: ['UDP', 'TCP'] }));
    assert.deepEqual(kindsOf(evidence), [
      'TimedOut',
      'TimedOut',
      notAsked.silent,
      notAsked.silent,
      'Answer',
      'Answer',
      'Answer',
      'Answer',
    ]);
    // Two names, two attempts each, and the one that is waited for with patience.
    assert.equal(server.asked.filter(({ transport }) => transport === 'UDP').length, 5);
    assert.deepEqual(evidence.latencies, [
      { p50: 0, p90: 0, max: 0, asked: 1, answered: 0, pairs: 0, halves: 0 },
    ]);
  });
});

test('one lost datagram is no failure', async () => {
  const respond: Respond = (question) => (question.nth === 1 ? 'Drop' : good(question));
  await withServer(respond, async (_, at) => {
    assert.deepEqual(kindsOf(await asked(taskOf([at]))), ['Answer']);
  });
});

test('an answer that comes too late for nslookup is waited for', async () => {
  const respond: Respond = ({ name }) => ({
    answers: [{ type: 'A', name, ttl: 5, data: '10.1.2.3' }],
    delayMilliseconds: 2500,
  });
  await withServer(respond, async (_, at) => {
    const evidence = await asked(taskOf([at]), { patienceMilliseconds: 4000 });
    assert.deepEqual(kindsOf(evidence), ['TimedOut']);
    const late = evidence.latencies[0]?.lateMilliseconds ?? 0;
    assert.ok(late >= 2400 && late < 4000, `${late}`);
  });
});

test('a port that is closed over one transport is told of that one', async () => {
  for (const open of ['UDP', 'TCP'] as const) {
    await withServer(
      good,
      async (_, at) => {
        const kinds = kindsOf(await asked(taskOf([at], { transports: ['UDP', 'TCP'] })));
        assert.deepEqual(kinds, open === 'UDP' ? ['Answer', 'Unreachable'] : ['Unreachable', 'Answer']);
      },
      { transports: [open] },
    );
  }
});

test('servers with IPv6 addresses are asked, and reverse names of addresses', async () => {
  const reverse = `${'1'.padEnd(32, '0').split('').join('.')}.ip6.arpa`;
  const respond: Respond = ({ name, type }) =>
    name === reverse && type === 'PTR' ? { answers: [{ type, name, data: 'Me.cluster.test' }] } : {};
  await withServer(
    respond,
    async (_, at) => {
      const evidence = await asked(taskOf([at], { lookups: [['::1', 'PTR']] }));
      assert.deepEqual(kindsOf(evidence), ['Answer']);
      assert.deepEqual(evidence.outcomes[0]?.records, ['me.cluster.test.']);
    },
    { address: '::1' },
  );
});

test('the budget of questions begins with the lookup that the task says', async () => {
  const lookups = ['a', 'b', 'c'].map((each) => [`${each}.svc.cluster.test.`, 'A'] as const);
  await withServer(good, async (server, at) => {
    const budget = { questions: 2, seconds: 30 };
    assert.deepEqual(kindsOf(await asked(taskOf([at], { lookups, first: 1, budget }))), [
      notAsked.budget,
      'Answer',
      'Answer',
    ]);
    assert.deepEqual(
      server.asked.slice(0, 2).map(({ name }) => name),
      ['b.svc.cluster.test', 'c.svc.cluster.test'],
    );
  });
});

test('when the time of the budget is up, the rest was not asked', async () => {
  await withServer(
    () => 'Drop',
    async (_, at) => {
      const evidence = await asked(taskOf([at], { timeoutSeconds: 5, budget: { questions: 9, seconds: 1 } }));
      assert.deepEqual([evidence.results, evidence.latencies], [[notAsked.budget], [null]]);
    },
  );
});

test('the probe ends when it is told to, whatever the server does', async () => {
  const garbage = (message: Buffer) => Buffer.concat([message.subarray(0, 2), Buffer.alloc(600, 0xff)]);
  for (const respond of [() => 'Drop', () => ({ mangle: garbage })] satisfies Respond[]) {
    await withServer(respond, async (_, at) => {
      const stop = new AbortController();
      const start = performance.now();
      setTimeout(() => stop.abort(), 300);
      const evidence = await asked(taskOf([at], { timeoutSeconds: 5 }), { signal: stop.signal });
      assert.ok(performance.now() - start < 4000);
      assert.notEqual(kindsOf(evidence)[0], 'Answer');
    });
  }
});

test('an answer of 64 KiB is cut, and never an answer', async () => {
  const answers = Array.from({ length: 1700 }, (_, index) => ({
    type: 'A' as const,
    name: 'one.svc.cluster.test',
    data: `10.1.${index >> 8}.${index & 255}`,
  }));
  await withServer(
    ({ transport }) => (transport === 'TCP' ? { answers } : {}),
    async (_, at) => {
      const evidence = await asked(taskOf([at], { transports: ['TCP'] }));
      assert.deepEqual(kindsOf(evidence), ['Broken']);
      assert.equal(evidence.outcomes[0]?.text.length, 400);
    },
  );
});

test('without nslookup the probe fails, and blames no network', async () => {
  await assert.rejects(asked(taskOf([['127.0.0.1', 9]]), { command: ['no-such-nslookup'] }), {
    message: 'nslookup could not be run: spawn no-such-nslookup ENOENT',
  });
});

test('a resolv.conf that cannot be read is told of', async () => {
  const { resolvConf: seen } = await asked(taskOf([]), { resolvConf: join(folder, 'none') });
  assert.ok('problem' in seen && seen.problem.startsWith('ENOENT'));
});

test('a name without a final dot goes through the search list of resolv.conf', async () => {
  const respond: Respond = (question) =>
    question.name === 'one.svc.cluster.test' ? good(question) : { rcode: 'NXDOMAIN' };
  await withServer(respond, async (_, [address, port]) => {
    const own = join(folder, 'own.conf');
    await writeFile(own, `nameserver ${address}\nsearch x.cluster.test svc.cluster.test\noptions ndots:5\n`);
    // nslookup itself reads no other file than /etc/resolv.conf, and there is none with a port in it.
    const view = ['--dev-bind', '/', '/', '--ro-bind', own, '/etc/resolv.conf'];
    const evidence = await asked(
      taskOf([[address, port]], {
        paths: ['ResolvConf', 'Endpoints'],
        lookups: [
          ['one', 'A'],
          ['one.svc.cluster.test.', 'A'],
        ],
      }),
      { resolvConf: own, command: ['bwrap', ...view, 'nslookup', `-port=${port}`], port },
    );
    assert.deepEqual(evidence.resolvConf, {
      nameservers: [address],
      search: ['x.cluster.test', 'svc.cluster.test'],
      ndots: 5,
    });
    // Both found the same, and the relative name was asked along resolv.conf only.
    assert.deepEqual(evidence.results, [0, 0, 0]);
    assert.equal(evidence.outcomes[0]?.name, 'one.svc.cluster.test.');
    assert.deepEqual(
      evidence.latencies.map((each) => each?.answered),
      [5, 5],
    );
  });
});
