/**
 * The condition types of both kinds: what each means, its polarity, and when it is there. Once shipped they are API.
 *
 * All conditions of a kind are written on the first visit, `Unknown` if need be; a missing one means `Unknown`.
 */

/** ConditionType documents one condition of one kind. */
export interface ConditionType {
  readonly kind: 'NetworkAudit' | 'NetworkAuditRun';
  readonly type: string;
  /** polarity is `positive` where True is the good state, `neutral` where neither state is better. */
  readonly polarity: 'positive' | 'neutral';
  /** meaning says what True means. */
  readonly meaning: string;
  /** present says when the condition is on the object. */
  readonly present: string;
}

/** conditionTypes are all of them, in the order in which people should read them. */
export const conditionTypes = [
  {
    kind: 'NetworkAudit',
    type: 'Ready',
    polarity: 'positive',
    meaning:
      'Audits can run: the spec makes sense and there are nodes to probe from. It says nothing about the network: a broken network never makes it False.',
    present: 'always, from the first visit of the operator',
  },
  {
    kind: 'NetworkAudit',
    type: 'Passed',
    polarity: 'positive',
    meaning:
      'The network kept its contract in the run that ended last, and nothing that failed before waits for its retry.',
    present: 'always, from the first visit of the operator; Unknown until a run has ended',
  },
  {
    kind: 'NetworkAudit',
    type: 'Running',
    polarity: 'neutral',
    meaning: 'A run is under way.',
    present: 'always, from the first visit of the operator',
  },
  {
    kind: 'NetworkAuditRun',
    type: 'Complete',
    polarity: 'neutral',
    meaning:
      'The run has ended, well or not, and its results will not change any more: what `kubectl wait` waits for.',
    present: 'always, from the first visit of the operator',
  },
  {
    kind: 'NetworkAuditRun',
    type: 'Passed',
    polarity: 'positive',
    meaning: 'The network kept its contract in everything that this run asked.',
    present: 'always, from the first visit of the operator; Unknown until the run is complete',
  },
] as const satisfies readonly ConditionType[];

/** AuditConditionType is a condition of a NetworkAudit. */
export type AuditConditionType = Extract<(typeof conditionTypes)[number], { kind: 'NetworkAudit' }>['type'];
/** RunConditionType is a condition of a NetworkAuditRun. */
export type RunConditionType = Extract<(typeof conditionTypes)[number], { kind: 'NetworkAuditRun' }>['type'];
