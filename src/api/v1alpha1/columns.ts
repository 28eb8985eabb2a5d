/** What `kubectl get` shows of both kinds: one line that tells the story; more with `-o wide` (priority 1). */

/** Column is one `additionalPrinterColumns` entry. `kubectl` shows only the first value that a path finds. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly description: string;
  readonly jsonPath: string;
  readonly priority?: 1;
}

const passed = {
  name: 'Passed',
  type: 'integer',
  description: 'Questions that had the answer that the contract asks for, in the run that ended last.',
  jsonPath: '.status.summary.passed',
} as const;
const failed = {
  name: 'Failed',
  type: 'integer',
  description: 'Questions that had another answer.',
  jsonPath: '.status.summary.failed',
} as const;
const unknown = {
  name: 'Unknown',
  type: 'integer',
  description: 'Questions that could not be answered.',
  jsonPath: '.status.summary.unknown',
} as const;
const verdict = {
  name: 'Verdict',
  type: 'string',
  description: 'Why the condition Passed is what it is.',
  jsonPath: '.status.conditions[?(@.type=="Passed")].reason',
} as const;
const suspect = {
  name: 'Suspect',
  type: 'string',
  description: 'The likeliest cause of most of the findings.',
  jsonPath: '.status.suspects[0].name',
  priority: 1,
} as const;
const message = {
  name: 'Message',
  type: 'string',
  description: 'What the condition Passed says.',
  jsonPath: '.status.conditions[?(@.type=="Passed")].message',
  priority: 1,
} as const;
const age = {
  name: 'Age',
  type: 'date',
  description: 'How long ago the object was made.',
  jsonPath: '.metadata.creationTimestamp',
} as const;

/** auditColumns are the columns of `kubectl get networkaudits`: the verdict first, then what it rests on. */
export const auditColumns: readonly Column[] = [
  verdict,
  passed,
  failed,
  unknown,
  {
    name: 'Last Run',
    type: 'date',
    description: 'How long ago the newest run started.',
    jsonPath: '.status.lastRun.startTime',
  },
  {
    name: 'Schedule',
    type: 'string',
    description: 'When runs are due; empty where each generation of the spec runs once.',
    jsonPath: '.spec.schedule',
  },
  {
    name: 'Ready',
    type: 'string',
    description: 'Whether audits can run.',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
  },
  age,
  {
    name: 'Suspend',
    type: 'string',
    description: 'Whether the making of new runs is stopped.',
    jsonPath: '.spec.suspend',
    priority: 1,
  },
  suspect,
  message,
];

/** runColumns are the columns of `kubectl get networkauditruns`. */
export const runColumns: readonly Column[] = [
  {
    name: 'Audit',
    type: 'string',
    description: 'The audit that this is a run of.',
    jsonPath: '.spec.auditName',
  },
  {
    name: 'Outcome',
    type: 'string',
    description: 'What the run came to: Passed, Failed or Unknown.',
    jsonPath: '.status.outcome',
  },
  passed,
  failed,
  unknown,
  {
    name: 'Complete',
    type: 'string',
    description: 'Whether the run has ended.',
    jsonPath: '.status.conditions[?(@.type=="Complete")].status',
  },
  age,
  { ...verdict, priority: 1 },
  suspect,
  message,
];
