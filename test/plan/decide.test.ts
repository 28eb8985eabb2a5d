import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decide } from '../../src/plan/decide.ts';
import { timeText } from '../../src/plan/time.ts';
import { Cluster } from './cluster.ts';
import { at, finishedStatus, makeAudit, makeNode, makePlanned, makeRun, ours, settings } from './make.ts';

const everyTenMinutes = { schedule: '*/10 * * * *' };

/** created is an audit every ten minutes, made at a time. */
function created(creationTimestamp: string, spec = {}) {
  const audit = makeAudit({ ...everyTenMinutes, ...spec });
  return { ...audit, metadata: { ...audit.metadata, creationTimestamp } };
}

function conditionsOf(cluster: Cluster): Record<string, string> {
  const conditions = cluster.audit?.status?.conditions ?? [];
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

describe('an audit without a schedule', () => {
  it('runs once for each generation of its spec, and says so', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], ['cluster-g1']);
    assert.equal(cluster.run('cluster-g1').status?.outcome, 'Passed');
    assert.deepEqual(conditionsOf(cluster), {
      Ready: 'True UpToDate',
      Passed: 'True NetworkSound',
      Running: 'False Idle',
    });
    cluster.editSpec({ maxUnknownPercent: 20 });
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], ['cluster-g1', 'cluster-g2']);
    assert.deepEqual(cluster.audit?.status?.coverage, { nodesEveryRuns: 1, pairsEveryRuns: 1 });
    assert.equal(cluster.audit?.status?.observedGeneration, 2);
  });

  it('costs two writes of the run, two of the audit, one Job a node and one deletion', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.settle();
    assert.deepEqual(Object.fromEntries(cluster.counts), {
      CreateRun: 1,
      WriteAuditStatus: 2,
      WriteRunStatus: 2,
      CreateJob: 3,
      DeleteProbes: 1,
      EmitEvent: 1,
    });
    assert.equal(cluster.jobs.size, 0);
  });

  it('does not run again when people delete the run, nor when they delete all of them', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.settle();
    const before = cluster.audit?.status;
    cluster.runs.clear();
    cluster.settle();
    assert.equal(cluster.runs.size, 0);
    assert.deepEqual(cluster.audit?.status, before);
  });
});

describe('an audit with a schedule', () => {
  it('runs at each due time, names the run after it, and says when the next is due', () => {
    const cluster = new Cluster(3, created('2026-11-24T12:00:00Z'));
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], []);
    assert.equal(cluster.audit?.status?.nextRunTime, '2026-11-24T12:10:00Z');
    cluster.pass(600);
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], ['cluster-29925370']);
    assert.equal(cluster.run('cluster-29925370').status?.plan?.dueTime, '2026-11-24T12:10:00Z');
    assert.equal(cluster.audit?.status?.nextRunTime, '2026-11-24T12:20:00Z');
  });

  it('writes the audit twice for each run after the first look', () => {
    const cluster = new Cluster(3, created('2026-11-24T12:00:00Z'));
    cluster.settle();
    cluster.counts.clear();
    for (let run = 0; run < 3; run++) {
      cluster.pass(600);
      cluster.settle();
    }
    assert.equal(cluster.counts.get('WriteAuditStatus'), 6);
    assert.equal(cluster.counts.get('WriteRunStatus'), 6);
  });

  it('has one run for a due time, though people ask for more runs than are kept, or delete it', () => {
    const cluster = new Cluster(3, created('2026-11-24T11:55:00Z', { runsHistoryLimit: 1 }));
    cluster.settle();
    for (const name of ['now-1', 'now-2']) {
      cluster.pass(61);
      cluster.ask(name);
      cluster.settle();
    }
    cluster.runs.clear();
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], []);
    assert.equal(cluster.audit?.status?.lastScheduleTime, '2026-11-24T12:00:00Z');
    assert.equal(cluster.createdJobs.length, 9);
  });

  it('makes up for the last missed run only, and says how many were missed', () => {
    const cluster = new Cluster(3, created('2026-11-24T11:00:00Z'));
    cluster.settle();
    assert.equal(cluster.runs.size, 1);
    assert.deepEqual(cluster.events, ['Warning RunsMissed', 'Normal NetworkSound']);
  });

  it('does not make up for a run that was missed by more than the starting deadline', () => {
    const cluster = new Cluster(3, created('2026-11-24T11:00:00Z', { startingDeadlineSeconds: 30 }));
    cluster.pass(31);
    cluster.settle();
    assert.equal(cluster.runs.size, 0);
  });

  it('does not let a verdict of better days stand while no node can be asked', () => {
    const cluster = new Cluster(3, created('2026-11-24T11:55:00Z'));
    cluster.settle();
    assert.equal(conditionsOf(cluster).Passed, 'True NetworkSound');
    const { nodes } = cluster;
    cluster.nodes = nodes.map((node) => ({ ...node, ready: 'False' as const }));
    cluster.pass(600);
    cluster.settle();
    cluster.pass(30);
    cluster.settle();
    assert.equal(conditionsOf(cluster).Passed, 'Unknown NothingJudged');
    assert.equal(conditionsOf(cluster).Ready, 'False NoEligibleNodes');
    cluster.nodes = nodes;
    cluster.pass(600);
    cluster.settle();
    assert.equal(conditionsOf(cluster).Passed, 'True NetworkSound');
  });

  it('makes no run while one goes on, and the last due one after it', () => {
    const cluster = new Cluster(3, created('2026-11-24T11:55:00Z', { runTimeoutSeconds: 1800 }));
    cluster.mute.add('n1');
    cluster.settle();
    cluster.pass(1300);
    cluster.settle();
    assert.equal(cluster.runs.size, 1);
    cluster.mute.clear();
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], ['cluster-29925360', 'cluster-29925380']);
  });

  it('makes no runs while it is suspended, but those that people ask for', () => {
    const cluster = new Cluster(3, created('2026-11-24T11:00:00Z', { suspend: true }));
    cluster.ask('now');
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], ['now']);
    assert.equal(cluster.run('now').status?.outcome, 'Passed');
    assert.equal(conditionsOf(cluster).Ready, 'True Suspended');
    assert.equal(cluster.audit?.status?.nextRunTime, undefined);
  });

  it('that cannot be understood is said once, and tried again only when the spec changes', () => {
    const cluster = new Cluster(3, makeAudit({ schedule: '61 * * * *' }));
    assert.equal(cluster.reconcile().length, 2);
    assert.deepEqual(cluster.reconcile(), []);
    assert.equal(conditionsOf(cluster).Ready, 'False InvalidSchedule');
    assert.match(cluster.audit?.status?.conditions[0]?.message ?? '', /Invalid value for minute: 61/);
    assert.deepEqual(cluster.events, ['Warning InvalidSchedule']);
    cluster.editSpec(everyTenMinutes);
    cluster.settle();
    assert.equal(conditionsOf(cluster).Ready, 'True Scheduled');
  });

  it('keeps so many finished runs as its limit says, the newest ones', () => {
    const cluster = new Cluster(3, created('2026-11-24T11:55:00Z', { runsHistoryLimit: 2 }));
    cluster.settle();
    for (let run = 0; run < 3; run++) {
      cluster.pass(600);
      cluster.settle();
    }
    assert.deepEqual([...cluster.runs.keys()], ['cluster-29925380', 'cluster-29925390']);
    assert.equal(cluster.audit?.status?.lastRun?.number, 3);
  });
});

describe('runs that people ask for', () => {
  it('start at most one a minute, are adopted, and answer with a verdict of their own', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.settle();
    cluster.fault = (from) => (from === 'n2' ? 'AddressTranslated' : undefined);
    cluster.ask('first');
    cluster.ask('second');
    cluster.settle();
    assert.equal(cluster.run('first').status?.outcome, 'Failed');
    assert.deepEqual(cluster.run('first').metadata.ownerReferences?.[0]?.uid, 'audit-uid');
    assert.equal(cluster.run('second').status?.conditions[0]?.reason, 'Waiting');
    assert.equal(cluster.run('second').status?.outcome, undefined);
    cluster.fault = () => undefined;
    cluster.pass(61);
    cluster.settle();
    assert.equal(cluster.run('second').status?.outcome, 'Passed');
    assert.equal(cluster.run('second').status?.plan?.number, 2);
  });

  it('wait while another run of the audit goes on', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.mute.add('n3');
    cluster.settle();
    cluster.ask('now');
    cluster.settle();
    assert.equal(cluster.run('now').status?.conditions[0]?.message, 'Run cluster-g1 goes on');
    cluster.mute.clear();
    cluster.settle();
    assert.equal(cluster.run('now').status?.outcome, 'Passed');
  });

  it('are refused politely when there is no such audit, after a moment', () => {
    const cluster = new Cluster(3, undefined);
    cluster.ask('now');
    assert.deepEqual(cluster.reconcile(), []);
    cluster.pass(6);
    cluster.settle();
    const { status } = cluster.run('now');
    assert.equal(status?.outcome, 'Unknown');
    assert.deepEqual(
      status?.conditions.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`),
      ['Complete True AuditNotFound', 'Passed Unknown NothingJudged'],
    );
  });

  it('are closed without a verdict when their audit is deleted under way', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.mute.add('n1');
    cluster.settle();
    cluster.audit = undefined;
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.conditions[0]?.reason, 'AuditDeleted');
    assert.equal(cluster.jobs.size, 0);
  });

  it('of a former audit of the same name are left to the garbage collector', () => {
    const cluster = new Cluster(3, makeAudit({ suspend: true }));
    const [owner] = ours.ownerReferences;
    cluster.ask('old');
    const old = cluster.run('old');
    const ownerReferences = [{ ...owner, uid: 'former-uid' }];
    cluster.runs.set('old', { ...old, metadata: { ...old.metadata, ownerReferences } });
    cluster.settle();
    assert.equal(cluster.run('old').status, undefined);
  });
});

describe('a run', () => {
  it('waits while the probes that others have planned take all the room, and does not lose its time', () => {
    const cluster = new Cluster(3, makeAudit(), { jobCap: 50 });
    const world = (otherProbes: number) => ({ ...cluster.world(), otherProbes });
    cluster.reconcile();
    cluster.reconcile(9, world(50));
    assert.deepEqual(
      cluster.run('cluster-g1').status?.conditions.map(({ reason, message }) => [reason, message])[0],
      ['Waiting', 'The probes of other audits take all the room'],
    );
    cluster.pass(600);
    cluster.reconcile(9, world(49));
    assert.equal(cluster.run('cluster-g1').status?.plan?.deadlineTime, timeText(at(780)));
  });

  it('of another audit that has the name of the next one is told of, and hides nothing else', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.ask('cluster-g1', 'another');
    cluster.settle();
    const [ready] = cluster.audit?.status?.conditions ?? [];
    assert.deepEqual(
      [ready?.status, ready?.reason, ready?.message],
      [
        'False',
        'NameTaken',
        'The next run would be named cluster-g1, and a run of audit another has that name: delete it',
      ],
    );
    cluster.ask('now');
    cluster.settle();
    assert.equal(cluster.run('now').status?.outcome, 'Passed');
    cluster.runs.delete('cluster-g1');
    cluster.settle();
    assert.equal(conditionsOf(cluster).Ready, 'True UpToDate');
  });

  it('of a former audit that have the name of the next one are waited for in silence', () => {
    const cluster = new Cluster(3, makeAudit());
    const owner = { ...ours.ownerReferences[0], uid: 'former-uid' };
    cluster.runs.set('cluster-g1', makeRun('cluster-g1', finishedStatus(), { ownerReferences: [owner] }));
    cluster.settle();
    assert.equal(conditionsOf(cluster).Ready, 'True Waiting');
    assert.equal(conditionsOf(cluster).Passed, 'Unknown NotYetRun');
    cluster.runs.delete('cluster-g1');
    cluster.settle();
    assert.equal(conditionsOf(cluster).Passed, 'True NetworkSound');
  });

  it('that were orphaned when a former audit was deleted say nothing of the new one', () => {
    const audit = created('2026-11-24T11:59:00Z', { schedule: undefined });
    const { schedule: _, ...spec } = audit.spec;
    const cluster = new Cluster(3, { ...audit, spec });
    const creationTimestamp = '2026-11-24T11:00:00Z';
    for (const name of ['cluster-g1', 'cluster-24567']) {
      cluster.runs.set(name, makeRun(name, finishedStatus({ number: 7 }), { creationTimestamp }));
    }
    cluster.settle();
    assert.equal(conditionsOf(cluster).Passed, 'Unknown NotYetRun');
    assert.equal(conditionsOf(cluster).Ready, 'False NameTaken');
    cluster.runs.delete('cluster-g1');
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.plan?.number, 0);
  });

  it('that were orphaned under way are closed, since somebody may wait for them', () => {
    const audit = created('2026-11-24T11:59:00Z');
    const cluster = new Cluster(3, audit);
    const metadata = { creationTimestamp: '2026-11-24T11:00:00Z' };
    const open = { observedGeneration: 1, conditions: [], plan: makePlanned() };
    cluster.runs.set('former', makeRun('former', open, metadata));
    cluster.settle();
    assert.equal(cluster.run('former').status?.conditions[0]?.reason, 'AuditDeleted');
    assert.equal(conditionsOf(cluster).Passed, 'True NetworkSound');
  });

  it('that is over its time is closed with what there is', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.mute.add('n3');
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.outcome, undefined);
    cluster.pass(181);
    cluster.settle();
    const { status } = cluster.run('cluster-g1');
    assert.equal(status?.conditions[0]?.reason, 'DeadlineExceeded');
    assert.equal(status?.outcome, 'Unknown');
    assert.deepEqual(
      status?.nodes?.map(({ name, reason }) => `${name} ${reason}`),
      ['n1 AsExpected', 'n2 AsExpected', 'n3 NoReport'],
    );
    assert.equal(cluster.jobs.size, 0);
    assert.equal(conditionsOf(cluster).Passed, 'Unknown TooManyUnknown');
  });

  it('ends as soon as it is too late for the last probe to start, with the reason why it did not', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.mute.add('n3');
    cluster.settle();
    cluster.pend('n3', { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } });
    cluster.pass(174);
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.outcome, undefined);
    cluster.pass(1);
    cluster.settle();
    const { status } = cluster.run('cluster-g1');
    assert.equal(status?.conditions[0]?.reason, 'DeadlineExceeded');
    assert.deepEqual(
      status?.nodes?.map(({ name, reason }) => `${name} ${reason}`),
      ['n1 AsExpected', 'n2 AsExpected', 'n3 ImageNotPulled'],
    );
  });

  it('goes on without a node that goes away, and says so', () => {
    const cluster = new Cluster(4, makeAudit());
    cluster.mute.add('n3');
    cluster.settle();
    cluster.nodes = cluster.nodes.filter(({ name }) => name !== 'n3');
    cluster.settle();
    const { status } = cluster.run('cluster-g1');
    assert.equal(status?.outcome, 'Passed');
    assert.deepEqual(status?.summary, {
      passed: 9,
      failed: 0,
      unknown: 0,
      skipped: 7,
      warnings: 0,
      nodes: { eligible: 4, probed: 4, reported: 3 },
    });
  });

  it('makes no more Jobs than fit under the cap, and the rest when there is room', () => {
    const cluster = new Cluster(5, makeAudit(), { jobCap: 2 });
    cluster.reconcile();
    cluster.reconcile();
    cluster.reconcile();
    assert.equal(cluster.jobs.size, 2);
    cluster.reconcile();
    assert.equal(cluster.jobs.size, 2);
    for (const [name, job] of cluster.jobs) {
      cluster.jobs.set(name, {
        ...job,
        finished: { type: 'Complete', reason: 'CompletionsReached', message: '' },
      });
    }
    cluster.runProbes();
    cluster.reconcile();
    assert.equal(cluster.jobs.size, 4);
  });

  it('gets no Job when there is no time left for it', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.reconcile();
    cluster.reconcile();
    assert.notEqual(cluster.run('cluster-g1').status?.plan, undefined);
    cluster.pass(165);
    cluster.settle();
    assert.equal(cluster.createdJobs.length, 0);
    cluster.pass(20);
    cluster.settle();
    assert.equal(cluster.createdJobs.length, 0);
    assert.equal(cluster.run('cluster-g1').status?.outcome, 'Unknown');
  });
});

describe('the next look', () => {
  const again = (cluster: Cluster) =>
    decide(cluster.world(), cluster.now, cluster.settings, cluster.kinds).again;

  it('is at the next due time while nothing goes on', () => {
    const cluster = new Cluster(3, created('2026-11-24T12:00:00Z'));
    cluster.settle();
    assert.equal(again(cluster), '2026-11-24T12:10:00Z');
  });

  it('is shortly before the end of a run that goes on, and then at its end', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.mute.add('n1');
    cluster.settle();
    assert.equal(again(cluster), '2026-11-24T12:02:50Z');
    cluster.pass(170);
    assert.equal(again(cluster), '2026-11-24T12:02:55Z');
    cluster.pass(5);
    assert.equal(again(cluster), '2026-11-24T12:03:00Z');
  });

  it('asks why a Pod was refused before the run is over its time, and the answer is told', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.mute.add('n1');
    cluster.settle();
    cluster.pass(171);
    const [read] = cluster.reconcile();
    const [name, job] = [...cluster.jobs].find(([, { node }]) => node === 'n1') ?? [];
    assert.ok(name !== undefined && job !== undefined);
    assert.deepEqual(read, { type: 'ReadRefusal', namespace: 'netaudit', job: name, jobUid: job.uid });
    cluster.jobs.set(name, { ...job, refusal: 'exceeded quota' });
    assert.deepEqual(cluster.reconcile(), []);
    cluster.pass(10);
    cluster.settle();
    assert.deepEqual(cluster.run('cluster-g1').status?.nodes?.[0]?.reason, 'PodRefused');
  });

  it('is when the next run that was asked for may start', () => {
    const cluster = new Cluster(3, makeAudit({ suspend: true }));
    cluster.ask('first');
    cluster.ask('second');
    cluster.settle();
    assert.equal(again(cluster), '2026-11-24T12:01:00Z');
  });
});

describe('what failed', () => {
  it('names the node, is tried again by the next run, and passes when it is mended', () => {
    const cluster = new Cluster(3, created('2026-11-24T11:55:00Z'));
    cluster.fault = (from, to) => (from === 'n2' && to !== 'n2' ? 'AddressTranslated' : undefined);
    cluster.settle();
    const { status } = cluster.audit ?? {};
    assert.deepEqual(status?.suspects, [
      {
        kind: 'Node',
        name: 'n2',
        why: 'both pairs that leave n2 are translated (AddressTranslated), none between other nodes',
      },
    ]);
    assert.deepEqual(
      status?.findings?.map(({ severity, reason, subject, since }) => [severity, reason, subject, since]),
      [
        ['Failed', 'AddressTranslated', 'n2 → n1', '2026-11-24T12:00:00Z'],
        ['Failed', 'AddressTranslated', 'n2 → n3', '2026-11-24T12:00:00Z'],
      ],
    );
    cluster.pass(600);
    cluster.settle();
    assert.equal(cluster.audit?.status?.findings?.[0]?.since, '2026-11-24T12:00:00Z');
    cluster.fault = () => undefined;
    cluster.pass(600);
    cluster.settle();
    assert.equal(conditionsOf(cluster).Passed, 'True NetworkSound');
    assert.deepEqual(cluster.audit?.status?.findings, []);
    assert.deepEqual(cluster.events, ['Warning FindingsFailed', 'Normal NetworkSound']);
  });

  it('is open no longer once the audit leaves the node out', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.fault = (from, to) => (from !== to && [from, to].includes('n3') ? 'Unreachable' : undefined);
    cluster.settle();
    assert.equal(conditionsOf(cluster).Passed, 'False FindingsFailed');
    const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'NotIn', values: ['n3'] }] as const;
    cluster.editSpec({ nodes: { perRun: 50, selector: { matchExpressions } } });
    cluster.settle();
    assert.equal(conditionsOf(cluster).Passed, 'True NetworkSound');
  });

  it('stays failed while it has not been tried again, whatever the next run finds', () => {
    const small = {
      nodes: { perRun: 2 },
      checks: [{ name: 'pods', type: 'PodToPod', podToPod: { peersPerNode: 1 } }],
    };
    const cluster = new Cluster(12, created('2026-11-24T11:55:00Z', small));
    cluster.fault = () => 'Unreachable';
    cluster.settle();
    cluster.fault = () => undefined;
    let clean = 0;
    for (let run = 0; run < 12; run++) {
      cluster.pass(600);
      cluster.settle();
      const newest = [...cluster.runs.values()].at(-1)?.status;
      assert.equal(newest?.outcome, 'Passed');
      const open = newest?.findings?.length ?? 0;
      assert.equal(conditionsOf(cluster).Passed, open > 0 ? 'False FindingsFailed' : 'True NetworkSound');
      if (open === 0) clean++;
    }
    assert.ok(clean > 0 && clean < 12, `${clean} of 12 runs left nothing open`);
  });
});

describe('before the first run', () => {
  it('the operator waits for responders, says so, and goes on by itself', () => {
    const cluster = new Cluster(3, makeAudit());
    const { responders } = cluster;
    cluster.responders = [];
    cluster.settle();
    assert.equal(cluster.runs.size, 0);
    assert.equal(conditionsOf(cluster).Ready, 'False NoResponders');
    cluster.responders = responders;
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.outcome, 'Passed');
  });

  it('responders that do not become ready are waited for a while, then asked all the same', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.responders = cluster.responders.map((responder) => ({ ...responder, ready: false }));
    cluster.settle();
    assert.equal(
      cluster.run('cluster-g1').status?.conditions[0]?.message,
      'Not all responder Pods are ready yet',
    );
    assert.equal(conditionsOf(cluster).Ready, 'True Waiting');
    cluster.pass(31);
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.plan?.targets.length, 3);
  });

  it('the operator waits until nothing is within the settle window, where failures would not count', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.fault = (_, to) => (to === 'n2' ? 'Unreachable' : undefined);
    cluster.responders = cluster.responders.map((responder) => ({
      ...responder,
      readySince: timeText(at(-30)),
    }));
    cluster.settle();
    assert.equal(
      cluster.run('cluster-g1').status?.conditions[0]?.message,
      'Nodes or responder Pods have been ready for less than 90 s',
    );
    assert.equal(decide(cluster.world(), cluster.now, settings).again, timeText(at(60)));
    cluster.pass(60);
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.outcome, 'Failed');
  });

  it('and no longer than that, should a responder not come to rest', () => {
    const cluster = new Cluster(3, makeAudit());
    const flap = () => {
      cluster.responders = cluster.responders.map((responder) => ({
        ...responder,
        readySince: timeText(cluster.now),
      }));
      cluster.settle();
    };
    flap();
    cluster.pass(89);
    flap();
    assert.equal(cluster.run('cluster-g1').status?.plan, undefined);
    cluster.pass(1);
    flap();
    assert.notEqual(cluster.run('cluster-g1').status?.plan, undefined);
  });

  it('a DaemonSet of responders that is not installed is told of', () => {
    const cluster = new Cluster(3, makeAudit());
    const { responderSet: _, ...world } = cluster.world();
    cluster.reconcile(9, world);
    assert.equal(conditionsOf(cluster).Ready, 'False NoResponders');
    assert.match(
      cluster.audit?.status?.conditions[0]?.message ?? '',
      /^The responder DaemonSet is not installed/,
    );
  });

  it('a responder that is missing for half a minute is waited for, then told of', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.responders = cluster.responders.slice(0, 2);
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.conditions[0]?.reason, 'Waiting');
    cluster.pass(31);
    cluster.settle();
    const { status } = cluster.run('cluster-g1');
    assert.equal(status?.conditions[1]?.reason, 'TooManyUnknown');
    assert.deepEqual(
      status?.findings?.map(({ reason, node, message }) => [reason, node, message]),
      [['NoResponder', 'n3', 'n3: The node has no responder Pod with an address (3 questions)']],
    );
    assert.deepEqual(
      status?.matrix?.rows.map(({ node, reach }) => `${node} ${reach}`),
      ['n1 ..?', 'n2 ..?', 'n3 ..?'],
    );
  });

  it('a cluster where no node can take part is told of, with the reasons counted', () => {
    const cluster = new Cluster(0, makeAudit());
    cluster.nodes = [
      makeNode('w1', { os: 'windows' }),
      makeNode('n1', { ready: 'False' }),
      makeNode('n2', { ready: 'Unknown' }),
    ];
    cluster.settle();
    const [ready] = cluster.audit?.status?.conditions ?? [];
    assert.equal(ready?.reason, 'NoEligibleNodes');
    assert.equal(ready?.message, 'None of 3 nodes can take part: 1 NotLinux, 2 NodeNotReady');
  });

  it('a brand-new node is looked at again when it has grown up', () => {
    const cluster = new Cluster(1, makeAudit());
    cluster.nodes = [makeNode('n1', { creationTime: '2026-11-24T11:59:30Z' })];
    cluster.settle();
    assert.equal(conditionsOf(cluster).Ready, 'False NoEligibleNodes');
    cluster.pass(31);
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.outcome, 'Passed');
  });
});

describe('crashes', () => {
  it('lead to the same verdict, make no Job twice and leave none behind, wherever they happen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ actions: fc.nat(4), probes: fc.nat(2) }), { maxLength: 40 }),
        fc.boolean(),
        (steps, broken) => {
          const cluster = new Cluster(3, created('2026-11-24T11:55:00Z'));
          cluster.fault = (from) => (broken && from === 'n2' ? 'AddressTranslated' : undefined);
          for (const { actions, probes } of steps) {
            cluster.reconcile(actions);
            cluster.runProbes(probes);
          }
          cluster.settle();
          cluster.pass(60);
          cluster.settle();
          assert.equal(cluster.jobs.size, 0);
          assert.deepEqual(cluster.createdJobs, [...new Set(cluster.createdJobs)]);
          const [run] = cluster.runs.values();
          assert.equal(run?.status?.outcome, broken ? 'Failed' : 'Passed');
          assert.equal(run?.status?.summary?.failed, broken ? 3 : 0);
          assert.equal(cluster.createdJobs.length, 3);
          assert.equal(conditionsOf(cluster).Passed, broken ? 'False FindingsFailed' : 'True NetworkSound');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('and worlds that are behind lead to the same verdict, and leave no Job behind for long', () => {
    const step = fc.record({ behind: fc.nat(6), actions: fc.nat(6), probes: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const cluster = new Cluster(3, created('2026-11-24T11:55:00Z'));
        cluster.fault = (from) => (from === 'n2' ? 'AddressTranslated' : undefined);
        const worlds = [cluster.world()];
        for (const { behind, actions, probes } of steps) {
          cluster.reconcile(actions, worlds.at(-1 - behind) ?? worlds.at(-1));
          cluster.runProbes(probes);
          worlds.push(cluster.world());
        }
        cluster.settle();
        cluster.pass(60);
        cluster.settle();
        assert.equal(cluster.jobs.size, 0);
        assert.equal(cluster.runs.size, 1);
        const [run] = cluster.runs.values();
        assert.equal(run?.status?.outcome, 'Failed');
        assert.equal(run?.status?.summary?.failed, 3);
      }),
      { numRuns: 200 },
    );
  });

  it('change nothing of what is decided: the same world gives the same actions', () => {
    const cluster = new Cluster(5, created('2026-11-24T11:55:00Z'));
    for (let round = 0; round < 8; round++) {
      const world = cluster.world();
      const decision = decide(world, cluster.now, cluster.settings, cluster.kinds);
      assert.deepEqual(
        decide(structuredClone(world), cluster.now, cluster.settings, cluster.kinds),
        decision,
      );
      cluster.reconcile();
      cluster.runProbes(2);
    }
  });
});
