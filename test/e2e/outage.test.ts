/** The API server goes away, cuts watches and refuses: the operator lives on, does not storm it, and goes on by itself. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RequestEntry } from '../sandbox/api/request-log.ts';
import type { Pod } from '../sandbox/kinds.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { applyAudit, askForRun, finished, runOnce } from './support/audits.ts';
import { openSandbox, type SandboxCluster } from './support/cluster.ts';
import { becomes } from './support/objects.ts';
import { leader, leads, metricsOf, operatorPods, operatorUser } from './support/replicas.ts';
import { sound, toldBy } from './support/told.ts';

const onlySandbox =
  process.env.KUBECONFIG === undefined ? false : 'It stops the API server, which only a sandbox lets it';
const audit = 'outage';
const outageSeconds = 30;
/** A replica that asks for a lost API server follows ten lists and a Lease, each of them less and less often. */
const mostInOutage = 150;
/** What a run on three nodes and the following of all lists anew take, with room for the retries of a refusal. */
const mostInTrouble = 120;

let cluster: SandboxCluster;
let sandbox: Sandbox;
let processes: readonly string[];

/** processesOf tells one life of each replica from the next. */
function processesOf(pods: readonly Pod[]): readonly string[] {
  const lives = pods.flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).map(
      ({ containerID, restartCount }) => `${metadata.name} ${restartCount} ${containerID}`,
    ),
  );
  return lives.sort();
}

before(async () => {
  if (onlySandbox) return;
  cluster = await openSandbox();
  ({ sandbox } = cluster);
  await applyAudit(cluster, audit, { suspend: true });
  assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
  processes = processesOf(await operatorPods(sandbox));
  assert.equal(processes.length, 2);
});

after(async () => {
  await cluster?.stop();
});

/** lives proves that both processes are the ones of the beginning, and that one of them leads and knows it alone. */
async function lives(): Promise<void> {
  assert.deepEqual(processesOf(await operatorPods(sandbox)), processes);
  const leading = async () => {
    const pods = (await operatorPods(sandbox)).map(({ metadata }) => metadata.name ?? '');
    const metrics = await Promise.all(pods.map((pod) => metricsOf(cluster, pod)));
    return { lease: await leader(sandbox), own: pods.filter((_, index) => leads(metrics[index] ?? [])) };
  };
  const { lease, own } = await becomes('a replica leads', leading, (found) => found.own.length > 0);
  assert.deepEqual(own, [lease]);
}

/** unansweredBy counts a replica's requests that got no answer, by its own account. */
async function unansweredBy(pod: string): Promise<number> {
  const lines = await metricsOf(cluster, pod);
  const counts = lines.filter((line) => /^netaudit_api_requests_total\{.*code="0"/.test(line));
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function unanswered(): Promise<readonly number[]> {
  const pods = await operatorPods(sandbox);
  return Promise.all(pods.map(({ metadata }) => unansweredBy(metadata.name ?? '')));
}

/** asking collects what the operator asks from now on; what it returns shows it. */
function asking(): () => readonly RequestEntry[] {
  const { requestLog } = sandbox.api;
  const asked: RequestEntry[] = [];
  const look = (entry: RequestEntry) => {
    if (entry.user === operatorUser) asked.push(entry);
  };
  requestLog.on('request', look);
  return () => asked;
}

/** duringRun asks for a run and calls back once its first Job was asked for. */
async function duringRun(act: () => void | Promise<void>): Promise<string> {
  const { requestLog } = sandbox.api;
  const begun = new Promise<void>((resolve) => {
    const look = ({ user, verb, resource }: RequestEntry) => {
      if (user !== operatorUser || verb !== 'create' || resource !== 'jobs') return;
      requestLog.off('request', look);
      resolve();
    };
    requestLog.on('request', look);
  });
  const run = await askForRun(cluster, audit);
  await begun;
  await act();
  return run;
}

const failing = (verbs: readonly string[], resources: readonly string[], code: number, more: object = {}) =>
  sandbox.api.faults.failNext({
    match: ({ user, verb, resource }) =>
      user.name === operatorUser && verbs.includes(verb) && resources.includes(resource.plural),
    code,
    ...more,
  });

const everything = ['create', 'update', 'patch', 'get', 'list', 'watch', 'delete', 'deletecollection'];
const all = [
  'networkaudits',
  'networkauditruns',
  'jobs',
  'pods',
  'nodes',
  'daemonsets',
  'networkpolicies',
  'events',
];

/** Trouble is what the API server does in the middle of a run, and the code or verb by which the log shows it. */
interface Trouble {
  readonly make: () => void;
  readonly shows: (entry: RequestEntry) => boolean;
}

const answers =
  (wanted: number): Trouble['shows'] =>
  ({ code }) =>
    code === wanted;
const watchesAnew: Trouble['shows'] = ({ verb }) => verb === 'watch';
const listsAnew: Trouble['shows'] = ({ verb, resource }) => verb === 'list' && resource === 'nodes';

const troubles: Readonly<Record<string, Trouble>> = {
  'cuts all watches': { make: () => sandbox.api.faults.closeWatches(), shows: watchesAnew },
  'forgets its history and answers 410 to watches that resume': {
    make: () => {
      sandbox.api.faults.compact();
      sandbox.api.faults.closeWatches();
    },
    shows: listsAnew,
  },
  'answers 410 to lists and watches': {
    make: () => {
      failing(['list', 'watch'], all, 410, { times: 8 });
      sandbox.api.faults.closeWatches();
    },
    shows: answers(410),
  },
  'answers 409 to writes of statuses': {
    make: () => failing(['update'], ['networkaudits', 'networkauditruns'], 409, { times: 4 }),
    shows: answers(409),
  },
  'answers 429 to whatever is asked, and wants to be left alone for a second': {
    make: () => failing(everything, all, 429, { retryAfter: 1, times: 6 }),
    shows: answers(429),
  },
  'answers 500 to whatever is asked': {
    make: () => {
      failing(everything, all, 500, { times: 10 });
      sandbox.api.faults.closeWatches();
    },
    shows: answers(500),
  },
  'refuses to renew the Lease once': {
    make: () => failing(['update'], ['leases'], 500, { times: 1 }),
    shows: answers(500),
  },
};

describe('an operator whose API server', { skip: onlySandbox }, () => {
  for (const [what, { make, shows }] of Object.entries(troubles)) {
    it(`${what} passes the run under way and the next one`, async (t) => {
      const soFar = asking();
      const run = await duringRun(make);
      assert.deepEqual(toldBy(await finished(cluster, run)), sound);
      assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
      await lives();
      const asked = await becomes(
        'the trouble was met',
        async () => soFar(),
        (entries) => entries.some(shows),
      );
      sandbox.api.faults.mend();
      t.diagnostic(`${asked.length} requests`);
      assert.ok(asked.length <= mostInTrouble, `The operator asked ${asked.length} times`);
    });
  }

  it(`is gone for ${outageSeconds} s in the middle of a run lives, is patient, and passes that run and the next`, async (t) => {
    const before = await unanswered();
    const run = await duringRun(async () => {
      await sandbox.api.faults.stop();
      await new Promise((resolve) => setTimeout(resolve, outageSeconds * 1000));
      await sandbox.api.faults.start();
    });
    assert.deepEqual(toldBy(await finished(cluster, run)), sound);
    assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
    await lives();
    const lost = (await unanswered()).map((count, index) => count - (before[index] ?? 0));
    t.diagnostic(`${lost.join(' and ')} requests in vain`);
    for (const count of lost) assert.ok(count > 0 && count <= mostInOutage, `Asked in vain: ${lost}`);
  });
});
