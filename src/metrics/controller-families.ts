/** The table of the controller's own metrics; the names of queue and leader metrics are client-go's. */
import type { Description, Label } from './family.ts';

interface ControllerFamily extends Omit<Description, 'name'> {
  /** buckets are upper bounds in seconds; only histograms have any. */
  readonly buckets: readonly number[];
}

const queue: Label = { name: 'name', help: 'name of the work queue' };
const resource: Label = {
  name: 'resource',
  help: "plural name of the resource, as `jobs`; never an object's name",
};
const verb: Label = {
  name: 'verb',
  help: '`get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`',
};
const outcome: Label = { name: 'outcome', help: '`success`, `requeue`, `waiting`, `stalled` or `error`' };

const short = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** client-go's own: ten steps of ten from ten nanoseconds to ten seconds; below a millisecond they tell nothing here. */
const queueBuckets = [0.001, 0.01, 0.1, 1, 10, 100];

const families = {
  workqueue_depth: gauge('Keys that are due and not yet taken.', [queue]),
  workqueue_adds_total: counter('Keys that came into the queue.', [queue]),
  workqueue_retries_total: counter('Keys that came back after an error.', [queue]),
  workqueue_queue_duration_seconds: histogram(
    'How long a key waited once it was due.',
    [queue],
    queueBuckets,
  ),
  workqueue_work_duration_seconds: histogram('How long the work on a key took.', [queue], queueBuckets),
  workqueue_unfinished_work_seconds: gauge(
    'Seconds of work in progress and not yet in work_duration: a steady rise means a stuck worker.',
    [queue],
  ),
  workqueue_longest_running_processor_seconds: gauge('How long the longest work in progress has taken.', [
    queue,
  ]),
  netaudit_reconcile_total: counter('Reconciles by how they ended.', [outcome]),
  netaudit_reconcile_duration_seconds: histogram('How long a reconcile took.', [outcome], short),
  netaudit_api_requests_total: counter('Requests to the API server.', [
    verb,
    resource,
    { name: 'code', help: 'HTTP status, or 0 when no answer came' },
  ]),
  netaudit_api_request_duration_seconds: histogram(
    'How long the API server took to answer; a watch until its first byte.',
    [verb, resource],
    short,
  ),
  netaudit_watch_restarts_total: counter('Watches that were started again.', [
    resource,
    { name: 'reason', help: '`closed`, `expired` (410), `error` or `silent`' },
  ]),
  leader_election_master_status: gauge('1 on the replica that holds the Lease, else 0.', [
    { name: 'name', help: 'name of the Lease' },
  ]),
} as const;

/** ControllerMetricName is the name of one of the controller's own metrics. */
export type ControllerMetricName = keyof typeof families;

/** controllerMetrics holds every metric of the controller by name. */
export const controllerMetrics: Readonly<Record<ControllerMetricName, ControllerFamily>> = families;

/** controllerDescriptions are the same in the order of the reference. */
export const controllerDescriptions: readonly Description[] = Object.entries(families).map(
  ([name, { type, help, labels }]) => ({ name, type, help, labels }),
);

function gauge(help: string, labels: readonly Label[]): ControllerFamily {
  return { type: 'gauge', help, labels, buckets: [] };
}

function counter(help: string, labels: readonly Label[]): ControllerFamily {
  return { type: 'counter', help, labels, buckets: [] };
}

function histogram(help: string, labels: readonly Label[], buckets: readonly number[]): ControllerFamily {
  return { type: 'histogram', help, labels, buckets };
}
