/** The columns of Pods and of what makes them (pkg/printers/internalversion). */
import { age, humanDuration } from './durations.ts';
import { at, type JsonObject, listOf, numberOf, objectsOf, stringMapOf, stringOf } from './json.ts';
import {
  column,
  labelText,
  none,
  number,
  type Printer,
  selector,
  template,
  text,
  wide,
} from './table-column.ts';
import { podReady, podRestarts, podStatus } from './table-pods.ts';

function jobStatus(object: JsonObject): string {
  const conditions = objectsOf(at(object, 'status', 'conditions')).filter((item) => item.status === 'True');
  const has = (type: string) => conditions.some((item) => item.type === type);
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (at(object, 'metadata', 'deletionTimestamp') !== undefined) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions(object: JsonObject): string {
  const done = numberOf(at(object, 'status', 'succeeded')) ?? 0;
  const wanted = numberOf(at(object, 'spec', 'completions'));
  if (wanted !== undefined) return `${done}/${wanted}`;
  const parallelism = numberOf(at(object, 'spec', 'parallelism')) ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration(object: JsonObject): string {
  const start = stringOf(at(object, 'status', 'startTime'));
  if (start === '') return '';
  const end = stringOf(at(object, 'status', 'completionTime'));
  return humanDuration((end ? Date.parse(end) : Date.now()) - Date.parse(start));
}

const deployment: Printer = [
  'name',
  column(
    'Ready',
    (object) =>
      `${numberOf(at(object, 'status', 'readyReplicas')) ?? 0}/${numberOf(at(object, 'spec', 'replicas')) ?? 0}`,
  ),
  column('Up-to-date', number('status', 'updatedReplicas'), '', 'string'),
  column('Available', number('status', 'availableReplicas'), '', 'string'),
  'age',
  ...template('spec', 'template', 'spec'),
  selector,
];

const replicas: Printer = [
  'name',
  column('Desired', number('spec', 'replicas'), '', 'integer'),
  column('Current', number('status', 'replicas'), '', 'integer'),
  column('Ready', number('status', 'readyReplicas'), '', 'integer'),
  'age',
  ...template('spec', 'template', 'spec'),
  selector,
];

const daemonSet: Printer = [
  'name',
  column('Desired', number('status', 'desiredNumberScheduled'), '', 'integer'),
  column('Current', number('status', 'currentNumberScheduled'), '', 'integer'),
  column('Ready', number('status', 'numberReady'), '', 'integer'),
  column('Up-to-date', number('status', 'updatedNumberScheduled'), '', 'integer'),
  column('Available', number('status', 'numberAvailable'), '', 'integer'),
  column('Node Selector', (object) =>
    labelText(stringMapOf(at(object, 'spec', 'template', 'spec', 'nodeSelector'))),
  ),
  'age',
  ...template('spec', 'template', 'spec'),
  selector,
];

const job: Printer = [
  'name',
  column('Status', jobStatus, 'Status of the job.'),
  column(
    'Completions',
    jobCompletions,
    'The number of pods which reached phase Succeeded. The value increases monotonically for a given spec. However, it may decrease in reaction to scale down of elastic indexed jobs.',
  ),
  column('Duration', jobDuration, 'Time required to complete the job.'),
  'age',
  ...template('spec', 'template', 'spec'),
  selector,
];

const pod: Printer = [
  'name',
  column('Ready', podReady, 'The aggregate readiness state of this pod for accepting traffic.'),
  column('Status', podStatus, 'The aggregate status of the containers in this pod.'),
  column(
    'Restarts',
    podRestarts,
    'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  ),
  'age',
  wide('IP', text('status', 'podIP')),
  wide('Node', text('spec', 'nodeName')),
  wide('Nominated Node', text('status', 'nominatedNodeName')),
  wide('Readiness Gates', (object) =>
    listOf(at(object, 'spec', 'readinessGates')).length > 0 ? '0/1' : none,
  ),
];

/** workloadPrinters are the columns by group and plural. */
export const workloadPrinters: Record<string, Printer> = {
  '/pods': pod,
  'batch/jobs': job,
  'batch/cronjobs': [
    'name',
    column('Schedule', text('spec', 'schedule')),
    column('Timezone', text('spec', 'timeZone')),
    column('Suspend', (o) => (at(o, 'spec', 'suspend') === true ? 'True' : 'False')),
    column('Active', (o) => listOf(at(o, 'status', 'active')).length, '', 'integer'),
    column('Last Schedule', (o) =>
      at(o, 'status', 'lastScheduleTime') ? age(stringOf(at(o, 'status', 'lastScheduleTime'))) : none,
    ),
    'age',
    ...template('spec', 'jobTemplate', 'spec', 'template', 'spec'),
  ],
  'apps/deployments': deployment,
  'apps/replicasets': replicas,
  'apps/daemonsets': daemonSet,
  'apps/statefulsets': [
    'name',
    column(
      'Ready',
      (o) => `${numberOf(at(o, 'status', 'readyReplicas')) ?? 0}/${numberOf(at(o, 'spec', 'replicas')) ?? 0}`,
    ),
    'age',
    ...template('spec', 'template', 'spec'),
  ],
};
