/** An operator that dies at any moment of a run changes nothing of what the run says, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { apiVersion, kinds, labels } from '../../src/api/names.ts';
import type { NetworkAudit, NetworkAuditRun, Summary } from '../../src/api/v1alpha1/index.ts';
import type { KubeObject } from '../sandbox/client.ts';
import { JOBS, type Job, PODS } from '../sandbox/kinds.ts';
import { applyAudit } from './support/audits.ts';
import { openSandbox, type SandboxCluster } from './support/cluster.ts';
import { becomes } from './support/objects.ts';
import { endLease, type Following, followLeader, operate, shortLease, signal } from './support/replicas.ts';
import { sound, type Told, toldBy } from './support/told.ts';
import { AUDITS, RUNS, seen } from './support/watching.ts';

const onlySandbox =
  process.env.KUBECONFIG === undefined ? false : 'It kills processes, which only a sandbox lets it';
const kills = 20;
/** The Lease of a dead leader ends by itself after every fourth kill only: three seconds each time. */
const patient = 4;
const audit = 'killed';
const nodes = 3;
const seed = Number(process.env.NETAUDIT_SEED ?? Date.now() % 1_000_000);

/** Outcome is all that a run, however it was disturbed, must have come to. */
interface Outcome extends Told {
  readonly summary: Summary | undefined;
  readonly passed: string | undefined;
  /** jobs counts the creations of each Job by its node. */
  readonly jobs: readonly string[];
}

const expected: Outcome = {
  ...sound,
  summary: {
    passed: nodes * nodes * 2,
    failed: 0,
    unknown: 0,
    skipped: 0,
    warnings: 0,
    nodes: { eligible: nodes, probed: nodes, reported: nodes },
  },
  passed: 'True',
  jobs: ['n1', 'n2', 'n3'],
};

/** Stored is one of our objects as the sandbox's clients hand it out. */
type Stored<T extends NetworkAudit | NetworkAuditRun> = KubeObject & T;

/** Stage is a cluster with an operator that is there to be killed. */
interface Stage {
  readonly cluster: SandboxCluster;
  readonly leader: Following;
  /** created holds the node of every Job that was ever created, by the uid of its run. */
  readonly created: ReadonlyMap<string, readonly string[]>;
}

const stages: Stage[] = [];

after(async () => {
  for (const { cluster, leader } of stages) {
    leader.stop();
    await cluster.stop();
  }
});

async function stageOf(replicas: number): Promise<Stage> {
  // A container that crashes again and again waits for ten seconds and longer, by the real back-off.
  const cluster = await openSandbox({ nodes, backOff: { first: 20, cap: 100 } });
  const created = new Map<string, string[]>();
  const selector = { labelSelector: labels.runUid };
  cluster.sandbox.client.watch<Job>(JOBS, selector, ({ type, object: { metadata } }) => {
    const { [labels.runUid]: run = '', [labels.node]: node = '' } = metadata.labels ?? {};
    if (type === 'ADDED') created.set(run, [...(created.get(run) ?? []), node].sort());
  });
  const stage = { cluster, created, leader: followLeader(cluster.sandbox) };
  stages.push(stage);
  await operate(cluster, replicas, shortLease);
  await applyAudit(cluster, audit, { suspend: true, checks: [{ name: 'pods', type: 'PodToPod' }] });
  return stage;
}

/** start asks for a run. */
async function start({ cluster: { sandbox } }: Stage, name: string): Promise<void> {
  const spec = { auditName: audit };
  const run: KubeObject & { spec: object } = { apiVersion, kind: kinds.run.kind, metadata: { name }, spec };
  await sandbox.client.create(RUNS, run);
}

/** atEnd waits until a run is over, told of, and nothing is left of its probes. */
async function atEnd({ cluster: { sandbox }, created }: Stage, name: string): Promise<Outcome> {
  const { client } = sandbox;
  const isOver = ({ status }: Stored<NetworkAuditRun>) =>
    status?.conditions.some(({ type, status: is }) => type === 'Complete' && is === 'True') === true;
  const isTold = ({ status }: Stored<NetworkAudit>) =>
    status?.lastRun?.name === name && status.lastRun.completionTime !== undefined;
  const run = await seen(client, RUNS, name, isOver);
  const told = await seen(client, AUDITS, audit, isTold);
  const { uid = '' } = run.metadata;
  const labelSelector = `${labels.runUid}=${uid}`;
  const left = async () => {
    const lists = await Promise.all([JOBS, PODS].map((kind) => client.list(kind, { labelSelector })));
    return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  };
  await becomes(`nothing is left of run ${name}`, left, ({ length }) => length === 0);
  return {
    ...toldBy(run),
    summary: run.status?.summary,
    passed: told.status?.conditions.find(({ type }) => type === 'Passed')?.status,
    jobs: created.get(uid) ?? [],
  };
}

/** afterRequests calls back as soon as the API server has carried out that many requests of anybody. */
function afterRequests({ cluster: { sandbox } }: Stage, count: number, act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = count;
    const counted = () => {
      left -= 1;
      if (left > 0) return;
      sandbox.api.requestLog.off('request', counted);
      try {
        resolve(act());
      } catch (error) {
        reject(error);
      }
    };
    sandbox.api.requestLog.on('request', counted);
  });
}

/** lifeOf is how many requests an undisturbed run takes of the operator, controllers and kubelets together. */
async function lifeOf(stage: Stage): Promise<number> {
  const { requestLog } = stage.cluster.sandbox.api;
  await start(stage, 'warm');
  await atEnd(stage, 'warm');
  let count = 0;
  const counted = () => {
    count += 1;
  };
  requestLog.on('request', counted);
  await start(stage, 'alive');
  assert.deepEqual(await atEnd(stage, 'alive'), expected);
  requestLog.off('request', counted);
  return count;
}

/** moments are spread over a run's whole life: one at random in each twentieth of it. */
function moments(life: number, seed: number): readonly number[] {
  const chances = fc.sample(fc.noBias(fc.nat(999)), { seed, numRuns: kills });
  return chances.map((chance, index) => 1 + Math.floor(((index + chance / 1000) * life) / kills));
}

async function killedAt(stage: Stage, moment: number, number: number): Promise<Outcome> {
  const { sandbox } = stage.cluster;
  const name = `killed-${number}-after-${moment}`;
  const killed = afterRequests(stage, moment, () => signal(sandbox, stage.leader.pod(), 'SIGKILL'));
  await Promise.all([killed, start(stage, name)]);
  if (number % patient !== 0) await endLease(sandbox);
  return atEnd(stage, name);
}

async function killAgainAndAgain(t: TestContext, replicas: number): Promise<Stage> {
  const stage = await stageOf(replicas);
  const life = await lifeOf(stage);
  const plan = moments(life, seed + replicas);
  t.diagnostic(`NETAUDIT_SEED=${seed}: a run is ${life} requests, killed after ${plan.join(', ')}`);
  for (const [number, moment] of plan.entries()) {
    const outcome = await killedAt(stage, moment, number);
    assert.deepEqual({ moment, seed, ...outcome }, { moment, seed, ...expected });
  }
  return stage;
}

describe('an operator that is killed at 20 random moments of a run', {
  skip: onlySandbox,
  concurrency: 2,
}, () => {
  it('goes on where it was, alone', async (t) => {
    await killAgainAndAgain(t, 1);
  });

  it('is followed by a second replica, and by itself when it comes back from standing still', async (t) => {
    const stage = await killAgainAndAgain(t, 2);
    const { sandbox } = stage.cluster;
    await becomes(
      'there is a leader',
      async () => stage.leader.pod(),
      (pod) => pod !== '',
    );
    const still = stage.leader.pod();
    const stopped = afterRequests(stage, 12, () => signal(sandbox, still, 'SIGSTOP'));
    await Promise.all([stopped, start(stage, 'stood-still')]);
    assert.deepEqual(await atEnd(stage, 'stood-still'), expected);
    signal(sandbox, still, 'SIGCONT');
    await start(stage, 'woken');
    assert.deepEqual(await atEnd(stage, 'woken'), expected);
    assert.notEqual(stage.leader.pod(), still);
  });
});
