/** A cluster in memory that carries actions out as the API server and its controllers do, one small step at a time. */
import type { NetworkAudit, NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import { encodeAnswer } from '../../src/checks/answer.ts';
import type { Check } from '../../src/checks/check.ts';
import { decodeQuestion, questionHash, questionVariable } from '../../src/checks/question.ts';
import { isObject } from '../../src/checks/shape.ts';
import type { Action, CreateJob, ReadLog } from '../../src/plan/actions.ts';
import { decide } from '../../src/plan/decide.ts';
import type { Settings } from '../../src/plan/settings.ts';
import { timeText } from '../../src/plan/time.ts';
import type { JobView, ProbePodView, World } from '../../src/plan/world.ts';
import { fakeCheck } from './fake-check.ts';
import { settings as defaults, makeWorld, noon } from './make.ts';

/** Conflict is what the API server answers to a write that is out of date. */
export class Conflict extends Error {}

/** Fault says with which reason the question of a pair fails; undefined while it is well. */
export type Fault = (from: string, to: string) => string | undefined;

export class Cluster {
  audit: NetworkAudit | undefined;
  runs = new Map<string, NetworkAuditRun>();
  jobs = new Map<string, JobView & { readonly question: string }>();
  pods = new Map<string, ProbePodView>();
  nodes: World['nodes'];
  responders: World['responders'];
  now = noon;
  fault: Fault = () => undefined;
  /** mute are nodes whose probe never ends. */
  mute = new Set<string>();
  /** details are what is read of a probe's log beside its answer; undefined while it cannot be read. */
  details: (reading: ReadLog) => ProbePodView['details'] = () => undefined;
  readonly counts = new Map<Action['type'], number>();
  readonly createdJobs: string[] = [];
  readonly events: string[] = [];
  readonly settings: Settings;
  readonly kinds: readonly Check[];
  #version = 1;

  constructor(
    count: number,
    audit: NetworkAudit | undefined,
    settings: Partial<Settings> = {},
    kind: Check = fakeCheck,
  ) {
    const world = makeWorld(count);
    this.audit = audit;
    this.nodes = world.nodes;
    this.responders = world.responders;
    this.settings = { ...defaults, ...settings };
    this.kinds = [kind];
  }

  world(): World {
    const { audit: _, ...rest } = makeWorld(0);
    return {
      ...rest,
      ...(this.audit === undefined ? {} : { audit: this.audit }),
      runs: [...this.runs.values()].filter(({ spec }) => spec.auditName === 'cluster'),
      otherRuns: new Map(
        [...this.runs].flatMap(([name, { spec }]) =>
          spec.auditName === 'cluster' ? [] : [[name, spec.auditName]],
        ),
      ),
      nodes: this.nodes,
      responders: this.responders,
      jobs: [...this.jobs.values()].map(({ question: __, ...job }) => job),
      probePods: [...this.pods.values()],
    };
  }

  /**
   * reconcile decides once, from a world that may be behind, and carries out at most `limit` actions: a crash after so
   * many. Like the real one it stops at the first conflict.
   */
  reconcile(limit: number = Number.POSITIVE_INFINITY, world: World = this.world()): readonly Action[] {
    const { actions } = decide(world, this.now, this.settings, this.kinds);
    try {
      for (const action of actions.slice(0, limit)) this.apply(action);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
    return actions;
  }

  /** settle reconciles and lets probes work until nothing changes any more. */
  settle(): void {
    for (let round = 0; round < 100; round++) {
      const actions = this.reconcile();
      const moved = this.runProbes();
      if (actions.length === 0 && !moved) return;
    }
    throw new Error('The operator does not come to rest');
  }

  pass(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }

  ask(name: string, auditName = 'cluster'): void {
    this.runs.set(name, {
      apiVersion: 'netaudit.dev/v1alpha1',
      kind: 'NetworkAuditRun',
      metadata: { ...this.#born(name), generation: 1 },
      spec: { auditName },
    });
  }

  run(name: string): NetworkAuditRun {
    const run = this.runs.get(name);
    if (run === undefined) throw new Error(`There is no run ${name}: ${[...this.runs.keys()]}`);
    return run;
  }

  apply(action: Action): void {
    this.counts.set(action.type, (this.counts.get(action.type) ?? 0) + 1);
    switch (action.type) {
      case 'CreateRun': {
        const { name } = action.run.metadata;
        if (this.runs.has(name)) return;
        const metadata = { ...action.run.metadata, ...this.#born(name), generation: 1 };
        this.runs.set(name, { ...action.run, metadata });
        return;
      }
      case 'DeleteRun':
        this.#deleteRun(action.name, action.uid);
        return;
      case 'WriteRunStatus': {
        const run = this.run(action.name);
        if (run.metadata.resourceVersion !== action.resourceVersion) throw new Conflict(action.name);
        const owners =
          action.adopt === undefined ? {} : { ownerReferences: [this.#owner(action.adopt.auditUid)] };
        const metadata = { ...run.metadata, ...owners, resourceVersion: this.#next() };
        this.runs.set(action.name, { ...run, metadata, status: action.status });
        return;
      }
      case 'CreateJob':
        this.#createJob(action);
        return;
      case 'DeleteProbes':
        for (const [name, job] of this.jobs) {
          if (job.runUid !== action.runUid || job.namespace !== action.namespace) continue;
          this.jobs.delete(name);
          this.pods.delete(name);
        }
        return;
      case 'WriteAuditStatus': {
        const { audit } = this;
        if (audit?.metadata.resourceVersion !== action.resourceVersion) throw new Conflict(action.name);
        const metadata = { ...audit.metadata, resourceVersion: this.#next() };
        this.audit = { ...audit, metadata, status: action.status };
        return;
      }
      case 'EmitEvent':
        this.events.push(`${action.eventType} ${action.reason}`);
        return;
      case 'ReadLog': {
        const [name, pod] = [...this.pods].find(([, { uid }]) => uid === action.podUid) ?? [];
        const details = this.details(action);
        if (name !== undefined && pod !== undefined && details !== undefined)
          this.pods.set(name, { ...pod, details });
        return;
      }
      case 'ReadRefusal':
        return;
    }
  }

  /** runProbes lets at most `limit` probes end; it tells whether any did. */
  runProbes(limit: number = Number.POSITIVE_INFINITY): boolean {
    const working = [...this.jobs].filter(
      ([name, { node }]) => this.pods.get(name)?.terminated === undefined && !this.mute.has(node),
    );
    for (const [name, job] of working.slice(0, limit)) this.#endProbe(name, job);
    return working.length > 0;
  }

  /** pend gives the Job on a node a Pod whose container does not start. */
  pend(node: string, why: Pick<ProbePodView, 'waiting' | 'unscheduled'>): void {
    const [name, job] = [...this.jobs].find(([, each]) => each.node === node) ?? [];
    if (name === undefined || job === undefined) throw new Error(`There is no Job on ${node}`);
    this.pods.set(name, {
      name: `${name}-abcde`,
      namespace: job.namespace,
      uid: `pod-${job.uid}`,
      jobUid: job.uid,
      node,
      phase: 'Pending',
      addresses: [],
      deleting: false,
      foreignContainers: [],
      dns: { policy: 'ClusterFirst', configured: false },
      ...why,
    });
  }

  editSpec(spec: Partial<NetworkAudit['spec']>): void {
    const { audit } = this;
    if (audit === undefined) throw new Error('There is no audit');
    const generation = audit.metadata.generation + 1;
    const metadata = { ...audit.metadata, generation, resourceVersion: this.#next() };
    this.audit = { ...audit, metadata, spec: { ...audit.spec, ...spec } };
  }

  #endProbe(name: string, job: JobView & { readonly question: string }): void {
    const decoded = decodeQuestion(job.question);
    if (!decoded.ok) throw new Error(decoded.problem);
    const { run, tasks, node } = decoded.question;
    const results = tasks.map(({ check, task }) => {
      const peers = Array.isArray(task.peers) ? task.peers.map(String) : [];
      const failed = peers.flatMap((peer) => {
        const reason = this.fault(node, peer);
        return reason === undefined ? [] : [[peer, reason]];
      });
      return { check, evidence: { failed: Object.fromEntries(failed) } };
    });
    const answer = {
      version: 1,
      run: run.uid,
      question: questionHash(job.question),
      complete: true,
      results,
    } as const;
    this.pods.set(name, {
      name: `${name}-abcde`,
      namespace: job.namespace,
      uid: `pod-${job.uid}`,
      jobUid: job.uid,
      node,
      phase: 'Succeeded',
      addresses: ['10.244.9.9'],
      deleting: false,
      foreignContainers: [],
      dns: { policy: 'ClusterFirst', configured: false },
      terminated: { exitCode: 0, reason: 'Completed', message: encodeAnswer(answer).message },
    });
  }

  #createJob({ job }: CreateJob): void {
    const { name, namespace, ownerReferences, labels } = job.metadata;
    if (this.jobs.has(name)) return;
    const owner: unknown = ownerReferences[0];
    const runUid = isObject(owner) ? String(owner.uid) : '';
    const text = JSON.stringify(job.spec);
    const node = /"values":\["([^"]+)"\]/.exec(text)?.[1] ?? '';
    const question = new RegExp(`"${questionVariable}","value":"([^"]+)"`).exec(text)?.[1] ?? '';
    const place = labels['netaudit.dev/place'] === 'node' ? 'node' : 'pod';
    const creationTime = timeText(this.now);
    this.createdJobs.push(name);
    this.jobs.set(name, { name, namespace, uid: `job-${name}`, node, place, runUid, creationTime, question });
  }

  #deleteRun(name: string, uid: string): void {
    if (this.runs.get(name)?.metadata.uid !== uid) return;
    this.runs.delete(name);
    for (const [job, { runUid }] of this.jobs) {
      if (runUid === uid) this.jobs.delete(job);
    }
  }

  #owner(uid: string) {
    return {
      apiVersion: 'netaudit.dev/v1alpha1',
      kind: 'NetworkAudit',
      name: 'cluster',
      uid,
      controller: true,
    };
  }

  #born(name: string) {
    const version = this.#next();
    return {
      name,
      uid: `${name}-${version}`,
      resourceVersion: version,
      creationTimestamp: timeText(this.now),
    };
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}
