/** An audit's runs that have ended, as far as metrics speak of them. Pure. */
import type { NetworkAuditRun, NetworkAuditRunStatus } from '../api/v1alpha1/index.ts';
import { seconds } from './family.ts';

/** History is an audit's runs that have ended, as far as metrics speak of them. */
export interface History {
  readonly audit: string;
  /** last is the status of the run that ended last. */
  readonly last?: NetworkAuditRunStatus;
  /** lastSuccess is the status of the kept run that ended last with the outcome Passed. */
  readonly lastSuccess?: NetworkAuditRunStatus;
}

/** historyOf picks the runs that count out of all runs of one audit; one that has not ended says nothing yet. */
export function historyOf(audit: string, runs: readonly NetworkAuditRun[]): History {
  const ended = runs
    .flatMap((run) => (run.status?.completionTime === undefined ? [] : [run.status]))
    .sort((a, b) => endOf(b) - endOf(a) || (b.plan?.number ?? 0) - (a.plan?.number ?? 0));
  const last = ended[0];
  const lastSuccess = ended.find((status) => status.outcome === 'Passed');
  return { audit, ...(last && { last }), ...(lastSuccess && { lastSuccess }) };
}

function endOf(status: NetworkAuditRunStatus): number {
  return seconds(status.completionTime) ?? 0;
}
