/** Every read for a decision: one audit's world, from the caches and, where they may be behind, from the API server. */
import { labels, labelValue } from '../api/names.ts';
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { errorText, type Log } from '../control/log.ts';
import type { JobView, NodeView, ProbePodView, World } from '../plan/world.ts';
import { isRefusal } from './api-error.ts';
import { type Caches, jobEntry, probePodEntry } from './caches.ts';
import type { Client } from './client.ts';
import { auditView } from './custom.ts';
import type { Evidence } from './evidence.ts';
import type { KubeletLeases } from './kubelet-leases.ts';
import { policyViews } from './policies.ts';
import { entryOf, pages } from './reflector.ts';
import { jobs, networkAudits, pods } from './resources.ts';

/** ObserverParts are what a world is gathered from. */
export interface ObserverParts {
  readonly client: Client;
  readonly caches: Caches;
  readonly evidence: Evidence;
  readonly leases: KubeletLeases;
  readonly log: Log;
  /** asksNodes tells whether one of the audit's checks has the place `node`. */
  readonly asksNodes: (audit: NetworkAudit) => boolean;
}

/** Observer gathers worlds. */
export class Observer {
  readonly #parts: ObserverParts;
  /** confirmed are the runs over their time whose Jobs the API server itself was asked about. */
  readonly #confirmed = new Set<string>();

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  /** observe gathers the world of the audit of that name, at the moment `now`. */
  async observe(auditName: string, now: Date, signal?: AbortSignal): Promise<World> {
    const { caches, evidence } = this.#parts;
    const runs = caches.runs.views().filter((run) => run.spec.auditName === auditName);
    const open = runs.filter((run) => !isComplete(run));
    if (open.length > 0 && caches.audits.get(auditName) === undefined)
      await this.#findAudit(auditName, signal);
    for (const run of open) await this.#confirm(run, now, signal);
    const audit = caches.audits.get(auditName);
    const nodes = await this.#nodes(audit, open.some(isPlanned), signal);
    const label = labelValue(auditName);
    const ours: JobView[] = [];
    let otherJobs = 0;
    for (const { auditLabel, view } of storesOf(caches.jobs)) {
      const refusal = evidence.refusal(view.uid);
      if (auditLabel === label) ours.push(refusal === undefined ? view : { ...view, refusal });
      else if (view.finished === undefined) otherJobs += 1;
    }
    const probePods: ProbePodView[] = [];
    for (const { auditLabel, view } of storesOf(caches.probePods)) {
      const log = evidence.log(view.uid);
      if (auditLabel === label) probePods.push(log === undefined ? view : { ...view, log });
    }
    const responderSet = caches.responderSets.views()[0];
    return {
      ...(audit === undefined ? {} : { audit }),
      runs,
      otherRuns: namesakesOf(auditName, caches.runs.views()),
      nodes,
      responders: caches.responders.views(),
      ...(responderSet === undefined ? {} : { responderSet }),
      jobs: ours,
      probePods,
      policies: policyViews(caches.policies.views()),
      otherJobs,
      otherProbes: probesPlanned(caches.runs.views().filter((run) => run.spec.auditName !== auditName)),
    };
  }

  /** Before a run is closed for want of its audit, a slow watch must not be why: the API server itself is asked. */
  async #findAudit(name: string, signal: AbortSignal | undefined): Promise<void> {
    const { client, caches, log } = this.#parts;
    const selection = { resource: networkAudits, fieldSelector: `metadata.name=${name}` };
    // What is no name of an object would be a selector of its own.
    if (!/^[a-z0-9.-]+$/.test(name)) return;
    try {
      for await (const { items } of pages(client, selection, 1, signal)) {
        for (const item of items) upsert(caches.audits, entryOf(item, auditView));
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
      log.warn('Could not confirm that there is no audit', { audit: name, error: errorText(error) });
    }
  }

  /** A plan in force needs no Leases any more: they only say who can be asked. */
  async #nodes(
    audit: NetworkAudit | undefined,
    planned: boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly NodeView[]> {
    const { caches, leases, asksNodes } = this.#parts;
    const nodes = caches.nodes.views();
    if (audit === undefined || planned || !asksNodes(audit)) return nodes;
    const renewTimes = await leases.renewTimes(signal);
    return nodes.map((node) => {
      const leaseRenewTime = renewTimes.get(node.name);
      return leaseRenewTime === undefined ? node : { ...node, leaseRenewTime };
    });
  }

  /** Before a run is closed without a Job's answer, a slow watch must not be why: the API server itself is asked. */
  async #confirm(run: NetworkAuditRun, now: Date, signal: AbortSignal | undefined): Promise<void> {
    const plan = run.status?.plan;
    const { name, uid } = run.metadata;
    if (plan === undefined || now < new Date(plan.deadlineTime) || this.#confirmed.has(uid)) return;
    try {
      if (this.#answered(uid) < probesOf(run)) await this.#reread(uid, signal);
    } catch (error) {
      // What may not be read now may not be read later either, and the run must end.
      if (!isRefusal(error)) throw error;
      this.#parts.log.warn('Could not confirm what became of Jobs', { run: name, error: errorText(error) });
    }
    if (this.#confirmed.size > 1000) this.#confirmed.clear();
    this.#confirmed.add(uid);
  }

  /** #answered counts the Pods of a run that have ended. */
  #answered(runUid: string): number {
    const { jobs, probePods } = this.#parts.caches;
    const ours = new Set(storesOf(jobs).flatMap(({ view }) => (view.runUid === runUid ? [view.uid] : [])));
    return storesOf(probePods).filter(({ view }) => view.terminated !== undefined && ours.has(view.jobUid))
      .length;
  }

  async #reread(runUid: string, signal: AbortSignal | undefined): Promise<void> {
    const { client, caches } = this.#parts;
    const labelSelector = `${labels.runUid}=${runUid}`;
    for (const [namespace, store] of caches.jobs) {
      for await (const { items } of pages(
        client,
        { resource: jobs, namespace, labelSelector },
        500,
        signal,
      )) {
        for (const item of items) upsert(store, entryOf(item, jobEntry));
      }
    }
    for (const [namespace, store] of caches.probePods) {
      for await (const { items } of pages(
        client,
        { resource: pods, namespace, labelSelector },
        500,
        signal,
      )) {
        for (const item of items) upsert(store, entryOf(item, probePodEntry));
      }
    }
  }
}

/** isComplete tells whether a run is over. */
export function isComplete(run: NetworkAuditRun): boolean {
  return (
    run.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') ?? false
  );
}

/** namesakesOf are runs of other audits that are named as the operator would name runs of this one. */
function namesakesOf(auditName: string, runs: readonly NetworkAuditRun[]): ReadonlyMap<string, string> {
  const others = runs.filter(
    ({ metadata, spec }) => spec.auditName !== auditName && metadata.name.startsWith(`${auditName}-`),
  );
  return new Map(others.map(({ metadata, spec }) => [metadata.name, spec.auditName]));
}

function probesPlanned(runs: readonly NetworkAuditRun[]): number {
  return runs
    .filter((run) => isPlanned(run) && !isComplete(run))
    .reduce((sum, run) => sum + probesOf(run), 0);
}

function probesOf({ status }: NetworkAuditRun): number {
  return (status?.plan?.nodes ?? []).reduce((sum, { places }) => sum + places.length, 0);
}

function isPlanned(run: NetworkAuditRun): boolean {
  return run.status?.plan !== undefined;
}

function storesOf<View>(stores: ReadonlyMap<string, { views(): View[] }>): View[] {
  return [...stores.values()].flatMap((store) => store.views());
}

function upsert<Entry>(store: { upsert(entry: Entry): void }, entry: Entry | undefined): void {
  if (entry !== undefined) store.upsert(entry);
}
