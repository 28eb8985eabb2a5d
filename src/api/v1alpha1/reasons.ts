/**
 * The reasons that conditions of both kinds carry: one row each, from which the reference page is made.
 * The reasons of verdicts and findings belong to the checks, and stand in their folders.
 */

/** ConditionReason documents one reason of one condition. */
export interface ConditionReason {
  readonly kind: 'NetworkAudit' | 'NetworkAuditRun';
  readonly condition: 'Ready' | 'Passed' | 'Running' | 'Complete';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  /** meaning says what is the case. */
  readonly meaning: string;
  /** action says what a person should do; empty where nothing is to be done. */
  readonly action: string;
}

/** conditionReasons are all of them. */
export const conditionReasons = [
  ...audit('Ready', [
    ['True', 'Scheduled', 'Runs are made on schedule; the message says when the next one is due.'],
    [
      'True',
      'UpToDate',
      'There is no schedule, and this generation of the spec has had its run, or has it now.',
    ],
    [
      'True',
      'Suspended',
      'spec.suspend is true: no new runs are made.',
      'Set spec.suspend to false to go on.',
    ],
    [
      'True',
      'Waiting',
      'A run is due and waits for its turn: for room under the cap on Jobs, or for the run before it.',
    ],
    [
      'False',
      'InvalidSchedule',
      'spec.schedule or spec.timeZone cannot be understood; the message says why.',
      'Correct the field: nothing is tried again until the spec changes.',
    ],
    [
      'False',
      'InvalidSpec',
      'The spec asks for something that cannot work; the message says what.',
      'Correct the field that the message names.',
    ],
    [
      'False',
      'NameTaken',
      'A run of another audit has the name that the next run of this one must have.',
      'Delete that run: the message names it.',
    ],
    [
      'False',
      'NoEligibleNodes',
      'No node can take part: the message says how many were left out, and why.',
      'Look at spec.nodes.selector and at the skipped nodes of the last run.',
    ],
    [
      'False',
      'NoResponders',
      'There is no Pod of the responder DaemonSet to ask.',
      'See whether the DaemonSet netaudit-responder in namespace netaudit is installed and has Pods.',
    ],
  ]),
  ...audit('Passed', [
    ['True', 'NetworkSound', 'Everything that was asked had the answer that the contract asks for.'],
    [
      'False',
      'FindingsFailed',
      'At least one question had another answer.',
      'Read status.suspects and status.findings, the worst first.',
    ],
    [
      'Unknown',
      'TooManyUnknown',
      'More than spec.maxUnknownPercent of the questions could not be answered.',
      'Read the findings of severity Unknown: they say why probes could not run or report.',
    ],
    [
      'Unknown',
      'NothingJudged',
      'The run has ended and no question was answered, or none of one of its checks, since what that asks about was changing.',
      'Read the findings of severity Unknown, and the skipped nodes of the run.',
    ],
    ['Unknown', 'NotYetRun', 'No run has ended yet.'],
  ]),
  ...audit('Running', [
    ['True', 'RunInProgress', 'A run is under way; the message names it.'],
    ['False', 'Idle', 'No run is under way.'],
  ]),
  ...run('Complete', [
    [
      'False',
      'Waiting',
      'The run has not been planned: another run of the audit goes on, or its turn has not come.',
    ],
    ['False', 'Planned', 'The plan is written; probes are about to start.'],
    ['False', 'Probing', 'Probes are at work.'],
    ['True', 'Finished', 'All probes have reported, or cannot any more.'],
    [
      'True',
      'DeadlineExceeded',
      'The run was over its time and was closed with what there was.',
      'Raise spec.runTimeoutSeconds, lower spec.nodes.perRun, or see what holds the probes up.',
    ],
    [
      'True',
      'AuditNotFound',
      'There is no NetworkAudit of the name in spec.auditName.',
      'Create the audit first, then another run.',
    ],
    ['True', 'AuditDeleted', 'The audit was deleted while the run was under way.'],
    [
      'True',
      'NothingToDo',
      'The plan has nothing to ask, since no node can take part.',
      'Look at status.plan.skipped of the run.',
    ],
  ]),
  ...run('Passed', [
    ['True', 'NetworkSound', 'Everything that was asked had the answer that the contract asks for.'],
    [
      'False',
      'FindingsFailed',
      'At least one question had another answer.',
      'Read status.suspects and status.findings, the worst first.',
    ],
    [
      'Unknown',
      'TooManyUnknown',
      'More than maxUnknownPercent of the questions could not be answered.',
      'Read the findings of severity Unknown: they say why probes could not run or report.',
    ],
    [
      'Unknown',
      'NothingJudged',
      'The run has ended and no question was answered, or none of one of its checks, since what that asks about was changing.',
      'Read the findings of severity Unknown, and status.plan.skipped.',
    ],
    ['Unknown', 'NotYetRun', 'The run has not ended yet.'],
  ]),
] as const satisfies readonly ConditionReason[];

type Row<R extends string> = readonly [
  status: ConditionReason['status'],
  reason: R,
  meaning: string,
  action?: string,
];
type Filled<K, C, R> = Omit<ConditionReason, 'kind' | 'condition' | 'reason'> & {
  readonly kind: K;
  readonly condition: C;
  readonly reason: R;
};

function audit<const C extends ConditionReason['condition'], const R extends string>(
  condition: C,
  rows: readonly Row<R>[],
): readonly Filled<'NetworkAudit', C, R>[] {
  return rows.map((row) => filled('NetworkAudit', condition, row));
}

function run<const C extends ConditionReason['condition'], const R extends string>(
  condition: C,
  rows: readonly Row<R>[],
): readonly Filled<'NetworkAuditRun', C, R>[] {
  return rows.map((row) => filled('NetworkAuditRun', condition, row));
}

function filled<K, C, R extends string>(
  kind: K,
  condition: C,
  [status, reason, meaning, action]: Row<R>,
): Filled<K, C, R> {
  return { kind, condition, status, reason, meaning, action: action ?? '' };
}

/** ReasonOf is the closed set of reasons of one condition of one kind. */
export type ReasonOf<K extends ConditionReason['kind'], C extends ConditionReason['condition']> = Extract<
  (typeof conditionReasons)[number],
  { readonly kind: K; readonly condition: C }
>['reason'];

/** skippedNodeReasons are why a node that was selected cannot take part in a run. */
export const skippedNodeReasons = {
  NodeDeleting: 'The node is being deleted, or an autoscaler is about to take it away.',
  NodeNew: 'The node is so new that it may not be set up yet; the next run asks again.',
  NodeNotReady:
    'The node is not Ready or, for probes in the network of the node, its kubelet has not renewed its Lease.',
  NoResponder:
    'The responder DaemonSet belongs on the node and has no Pod with an address there; pairs with the node are Unknown.',
  NoResponderHere:
    'The responder DaemonSet is not installed, or its node selector, affinity and tolerations leave the node out.',
  NotLinux: 'The node runs another system than Linux.',
  VirtualNode: 'There is no kubelet behind the node.',
} as const;

/** SkippedNodeReason is one of them. */
export type SkippedNodeReason = keyof typeof skippedNodeReasons;

/** summaryReasons are the reasons of checks and nodes that belong to no kind of check. */
export const summaryReasons = {
  NothingAsked:
    'There was no question to ask here in this run, so that there is no verdict: the outcome is Skipped.',
} as const;
