/** The controller's own metrics: hooks as plain functions, given to the queue, the reconciler and the API client. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type ControllerMetricName, controllerMetrics } from './controller-families.ts';
import type { Description } from './family.ts';

/** QueueHooks follow one work queue; an item is named by its key, and `seconds` come from the caller's clock. */
export interface QueueHooks {
  /** added counts a key that came into the queue and was not in it before. */
  readonly added: () => void;
  /** retried counts a key that comes back after an error. */
  readonly retried: () => void;
  /** started says that a worker took a key that had been due for so long. */
  readonly started: (waitedSeconds: number) => void;
  /** finished says that the worker is done with a key, well or not. */
  readonly finished: (workedSeconds: number) => void;
}

/** QueueView is what a queue tells of itself when it is scraped. */
export interface QueueView {
  /** depth is how many keys are due and not yet taken. */
  readonly depth: () => number;
  /** running holds, for each key at work, since how many seconds. */
  readonly running: () => readonly number[];
}

/** ControllerMetrics are the hooks of the controller's own metrics. */
export interface ControllerMetrics {
  /** queue makes the hooks of a work queue. */
  readonly queue: (name: string, view: QueueView) => QueueHooks;
  /** reconciled counts one reconcile; outcome is `success`, `requeue`, `waiting`, `stalled` or `error`. */
  readonly reconciled: (outcome: ReconcileOutcome, seconds: number) => void;
  /** requested counts one answered API request; code is the HTTP status, or 0 when no answer came. */
  readonly requested: (request: ApiRequest) => void;
  /** watchRestarted counts a watch that had to be started again, and why. */
  readonly watchRestarted: (resource: string, reason: WatchRestart) => void;
  /** leading says whether this replica holds the Lease. */
  readonly leading: (leads: boolean) => void;
}

/** ReconcileOutcome is how a reconcile ended, by what happens next. */
export type ReconcileOutcome = 'success' | 'requeue' | 'waiting' | 'stalled' | 'error';

/** WatchRestart is why a watch was started again. */
export type WatchRestart = 'closed' | 'expired' | 'error' | 'silent';

/** ApiRequest is one request to the API server; verb and resource are Kubernetes' own (`list`, `pods`, `jobs`). */
export interface ApiRequest {
  readonly verb: string;
  readonly resource: string;
  readonly code: number;
  readonly seconds: number;
}

/** createControllerMetrics adds the controller's metrics to a registry and returns their hooks. */
export function createControllerMetrics(registry: Registry, lease: string): ControllerMetrics {
  const counter = (name: ControllerMetricName) => new Counter(configuration(registry, name));
  const histogram = (name: ControllerMetricName) =>
    new Histogram({ ...configuration(registry, name), buckets: [...controllerMetrics[name].buckets] });
  const reconciles = counter('netaudit_reconcile_total');
  const reconcileSeconds = histogram('netaudit_reconcile_duration_seconds');
  const requests = counter('netaudit_api_requests_total');
  const requestSeconds = histogram('netaudit_api_request_duration_seconds');
  const restarts = counter('netaudit_watch_restarts_total');
  const leader = new Gauge(configuration(registry, 'leader_election_master_status'));
  leader.set({ name: lease }, 0);
  return {
    queue: queueMetrics(registry),
    reconciled: (outcome, seconds) => {
      reconciles.inc({ outcome });
      reconcileSeconds.observe({ outcome }, seconds);
    },
    requested: ({ verb, resource, code, seconds }) => {
      requests.inc({ verb, resource, code: String(code) });
      requestSeconds.observe({ verb, resource }, seconds);
    },
    watchRestarted: (resource, reason) => restarts.inc({ resource, reason }),
    leading: (leads) => leader.set({ name: lease }, leads ? 1 : 0),
  };
}

/** What a queue tells of itself is asked for at scrape time; what happens in it is counted as it happens. */
function queueMetrics(registry: Registry): ControllerMetrics['queue'] {
  const views = new Map<string, QueueView>();
  const scraped = (name: ControllerMetricName, value: (view: QueueView) => number) =>
    new Gauge({
      ...configuration(registry, name),
      collect() {
        for (const [queue, view] of views) this.set({ name: queue }, value(view));
      },
    });
  scraped('workqueue_depth', (view) => view.depth());
  scraped('workqueue_unfinished_work_seconds', (view) => view.running().reduce((sum, age) => sum + age, 0));
  scraped('workqueue_longest_running_processor_seconds', (view) => Math.max(0, ...view.running()));
  const adds = new Counter(configuration(registry, 'workqueue_adds_total'));
  const retries = new Counter(configuration(registry, 'workqueue_retries_total'));
  const buckets = (name: ControllerMetricName) => ({ buckets: [...controllerMetrics[name].buckets] });
  const waited = new Histogram({
    ...configuration(registry, 'workqueue_queue_duration_seconds'),
    ...buckets('workqueue_queue_duration_seconds'),
  });
  const worked = new Histogram({
    ...configuration(registry, 'workqueue_work_duration_seconds'),
    ...buckets('workqueue_work_duration_seconds'),
  });
  return (name, view) => {
    views.set(name, view);
    adds.inc({ name }, 0);
    retries.inc({ name }, 0);
    return {
      added: () => adds.inc({ name }),
      retried: () => retries.inc({ name }),
      started: (waitedSeconds) => waited.observe({ name }, waitedSeconds),
      finished: (workedSeconds) => worked.observe({ name }, workedSeconds),
    };
  };
}

function configuration(registry: Registry, name: ControllerMetricName) {
  const { help, labels }: Omit<Description, 'name'> = controllerMetrics[name];
  return { name, help, labelNames: labels.map((label) => label.name), registers: [registry] };
}
