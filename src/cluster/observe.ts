/** Every read for a decision: one audit's world, from the caches and, where they may be behind, from the API server. */
import { labelValue } from '../api/names.ts';
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import type { JobView, NodeView, ProbePodView, World } from '../plan/world.ts';
import type { Caches } from './caches.ts';
import type { Evidence } from './evidence.ts';
import type { KubeletLeases } from './kubelet-leases.ts';
import { policyViews } from './policies.ts';
import type { SecondLook } from './second-look.ts';
import type { ServicesIndex } from './services-index.ts';

/** ObserverParts are what a world is gathered from. */
export interface ObserverParts {
  readonly caches: Caches;
  readonly evidence: Evidence;
  readonly leases: KubeletLeases;
  readonly secondLook: SecondLook;
  readonly index: ServicesIndex;
  /** asksNodes tells whether one of the audit's checks has the place `node`. */
  readonly asksNodes: (audit: NetworkAudit) => boolean;
}

/** Observer gathers worlds. */
export class Observer {
  readonly #parts: ObserverParts;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  /** observe gathers the world of the audit of that name, at the moment `now`. */
  async observe(auditName: string, now: Date, signal?: AbortSignal): Promise<World> {
    const { caches, evidence, secondLook } = this.#parts;
    const runs = caches.runs.views().filter((run) => run.spec.auditName === auditName);
    const open = runs.filter((run) => !isComplete(run));
    if (open.length > 0 && caches.audits.get(auditName) === undefined)
      await secondLook.atAudit(auditName, signal);
    for (const run of open) await secondLook.atProbes(run, now, signal);
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
      const logs = evidence.logs(view.uid);
      if (auditLabel === label) probePods.push(logs === undefined ? view : { ...view, ...logs });
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
      cluster: this.#parts.index.view(),
      otherJobs,
      otherProbes: probesPlanned(
        caches.runs.views().filter((run) => run.spec.auditName !== auditName),
        now,
      ),
    };
  }

  /** Also while a plan is in force: a node whose Lease is not known is one that cannot be asked, and Ready would say so. */
  async #nodes(
    audit: NetworkAudit | undefined,
    planned: boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly NodeView[]> {
    const { caches, leases, asksNodes } = this.#parts;
    const nodes = caches.nodes.views();
    if (audit === undefined || !asksNodes(audit)) return nodes;
    const renewTimes = await leases.renewTimes(planned ? 'running' : 'planning', signal);
    return nodes.map((node) => {
      const leaseRenewTime = renewTimes.get(node.name);
      return leaseRenewTime === undefined ? node : { ...node, leaseRenewTime };
    });
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

/** What is over its time takes no room any more, whoever should have closed it. */
function probesPlanned(runs: readonly NetworkAuditRun[], now: Date): number {
  return runs
    .flatMap((run) => (isComplete(run) ? [] : (run.status?.plan ?? [])))
    .filter(({ deadlineTime }) => now < new Date(deadlineTime))
    .flatMap(({ nodes }) => nodes)
    .reduce((sum, { places }) => sum + places.length, 0);
}

function isPlanned(run: NetworkAuditRun): boolean {
  return run.status?.plan !== undefined;
}

function storesOf<View>(stores: ReadonlyMap<string, { views(): View[] }>): View[] {
  return [...stores.values()].flatMap((store) => store.views());
}
