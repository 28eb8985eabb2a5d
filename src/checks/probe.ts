/** The contract of a kind's probe: what carries a task out on a node. Imports nothing of the operator's side. */
import type { CheckType } from '../api/v1alpha1/index.ts';
import type { Task } from './check.ts';

/** ProbeKind carries out the tasks of one kind of check. */
export interface ProbeKind {
  readonly type: CheckType;
  /**
   * probe carries a task out and returns its evidence as plain JSON. It calls `context.progress` with what it has
   * so far whenever that is worth keeping, and ends in time when `context.signal` is aborted: with what it has.
   */
  probe(task: Task, context: ProbeContext): Promise<unknown>;
}

/** ProbeContext is what a probe gets from the process that it runs in. */
export interface ProbeContext {
  readonly signal: AbortSignal;
  /** podAddresses are this Pod's own addresses by the downward API (`status.podIPs`); empty if not told. */
  readonly podAddresses: readonly string[];
  readonly node: string;
  /** check is the name of the check that the task is of. */
  readonly check: string;
  progress(evidence: unknown): void;
  /** print writes a line to the Pod's log, for `wantsLog`; it ends when the line is written. */
  print(line: string): Promise<void>;
}
