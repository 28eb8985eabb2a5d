/** Which change wakes which audit. */
import { labelValue } from '../api/names.ts';
import type { NetworkAuditRun } from '../api/v1alpha1/index.ts';
import type { Caches, JobEntry, ProbePodEntry } from './caches.ts';
import type { Evidence } from './evidence.ts';
import { isComplete } from './observe.ts';

/** Wake makes an audit due after a time. */
export type Wake = (audit: string, milliseconds: number) => void;

/** Answers come in crowds: one look a moment later sees many of them. */
const crowdMilliseconds = 250;
/** What concerns every audit (a node, a policy) may change everywhere at once. */
const clusterMilliseconds = 1_000;

/** wakeOnChange adds the listeners that make audits due, and forgets evidence with what it was about. */
export function wakeOnChange(caches: Caches, evidence: Evidence, wake: Wake): void {
  const wakeAll = () => {
    for (const audit of caches.audits.views()) wake(audit.metadata.name, clusterMilliseconds);
  };
  caches.audits.onChange((previous, next) => {
    const name = (next ?? previous)?.metadata.name;
    if (name !== undefined) wake(name, 0);
  });
  caches.runs.onChange((previous, next) => {
    const audit = (next ?? previous)?.spec.auditName;
    if (audit !== undefined) wake(audit, 0);
    if (isOpen(previous) && !isOpen(next)) wakeWaiting(caches, wake);
  });
  caches.nodes.onChange(wakeAll);
  caches.responders.onChange(wakeAll);
  caches.responderSets.onChange(wakeAll);
  caches.policies.onChange(wakeAll);
  for (const store of caches.jobs.values()) {
    store.onChange((previous, next) => {
      wakeLabelled(caches, (next ?? previous)?.auditLabel, wake);
      if (next === undefined && previous !== undefined) evidence.forget(previous.view.uid);
      if (makesRoom(previous, next)) wakeWaiting(caches, wake);
    });
  }
  for (const store of caches.probePods.values()) {
    store.onChange((previous, next) => {
      const patience = isLastAnswer(caches, previous, next) ? 0 : crowdMilliseconds;
      wakeLabelled(caches, (next ?? previous)?.auditLabel, wake, patience);
      if (next === undefined && previous !== undefined) evidence.forget(previous.view.uid);
    });
  }
}

/** A label's value is the audit's name, or a hash that only the name can be compared with. */
function wakeLabelled(
  caches: Caches,
  label: string | undefined,
  wake: Wake,
  patience = crowdMilliseconds,
): void {
  if (label === undefined) return;
  if (caches.audits.get(label) !== undefined) {
    wake(label, patience);
    return;
  }
  for (const { spec } of caches.runs.views()) {
    if (labelValue(spec.auditName) === label) wake(spec.auditName, patience);
  }
}

/** A probe that ends when none of its audit is left to wait for brings the last of a crowd: the verdict can be given. */
function isLastAnswer(caches: Caches, previous?: ProbePodEntry, next?: ProbePodEntry): boolean {
  if (next?.view.terminated === undefined || previous?.view.terminated !== undefined) return false;
  const ended = new Set<string>();
  for (const store of caches.probePods.values()) {
    for (const { view } of store.views()) if (view.terminated !== undefined) ended.add(view.jobUid);
  }
  return [...caches.jobs.values()].every((store) =>
    store.views().every(({ auditLabel, view }) => auditLabel !== next.auditLabel || ended.has(view.uid)),
  );
}

/** One cap holds for the Jobs of all audits: one that ends, and a run that does, lets another audit's begin. */
function makesRoom(previous: JobEntry | undefined, next: JobEntry | undefined): boolean {
  return isUnderWay(previous) && !isUnderWay(next);
}

function isUnderWay(entry: JobEntry | undefined): boolean {
  return entry !== undefined && entry.view.finished === undefined;
}

function isOpen(run: NetworkAuditRun | undefined): boolean {
  return run?.status?.plan !== undefined && !isComplete(run);
}

function wakeWaiting(caches: Caches, wake: Wake): void {
  const open = caches.runs.views().filter((run: NetworkAuditRun) => !isComplete(run));
  for (const audit of new Set(open.map((run) => run.spec.auditName))) wake(audit, clusterMilliseconds);
}
