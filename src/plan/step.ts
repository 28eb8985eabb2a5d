/** The common form of the steps that a decision is made of, and the actions that several of them make. */
import type { NetworkAudit, NetworkAuditRun, NetworkAuditRunStatus } from '../api/v1alpha1/index.ts';
import type { Check } from '../checks/check.ts';
import type { Action, DeleteProbes, EmitEvent, WriteRunStatus } from './actions.ts';
import type { Runs } from './runs.ts';
import type { Settings } from './settings.ts';
import type { World } from './world.ts';

/** Step is what one step asks for, and when the world must be looked at again because of it. */
export interface Step {
  readonly actions: readonly Action[];
  readonly again?: Date | undefined;
}

/** Case is what every step looks at. */
export interface Case {
  readonly audit: NetworkAudit;
  readonly runs: Runs;
  readonly world: World;
  readonly now: Date;
  readonly settings: Settings;
  readonly kinds: readonly Check[];
}

/** writeRun replaces a run's status, if the run is still as it was seen. */
export function writeRun(run: NetworkAuditRun, status: NetworkAuditRunStatus): WriteRunStatus {
  const { name, uid, resourceVersion } = run.metadata;
  return { type: 'WriteRunStatus', name, uid, resourceVersion, status };
}

/** deleteProbes deletes all Jobs of a run, in those namespaces that have any. */
export function deleteProbes(
  run: NetworkAuditRun,
  world: World,
  settings: Settings,
): readonly DeleteProbes[] {
  const { uid } = run.metadata;
  const used = new Set(world.jobs.filter(({ runUid }) => runUid === uid).map(({ namespace }) => namespace));
  return [settings.podNamespace, settings.nodeNamespace]
    .filter((namespace, index, all) => used.has(namespace) && all.indexOf(namespace) === index)
    .map((namespace) => ({ type: 'DeleteProbes', namespace, runUid: uid }));
}

/** auditEvent tells people of a change of the audit. */
export function auditEvent(
  audit: NetworkAudit,
  event: Pick<EmitEvent, 'eventType' | 'reason' | 'message' | 'action'>,
): EmitEvent {
  const { name, uid } = audit.metadata;
  return { type: 'EmitEvent', about: { kind: 'NetworkAudit', name, uid }, ...event };
}
