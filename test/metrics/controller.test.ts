import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createControllerMetrics } from '../../src/metrics/controller.ts';
import { controllerDescriptions } from '../../src/metrics/controller-families.ts';

async function values(registry: Registry, pattern: RegExp): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.filter((line) => pattern.test(line) && !line.includes('_bucket{'));
}

test('a queue is told under the names that dashboards of client-go know', async () => {
  const registry = new Registry();
  const running: number[] = [];
  const metrics = createControllerMetrics(registry, 'netaudit-operator');
  const queue = metrics.queue('audits', { depth: () => 2, running: () => running });
  queue.added();
  queue.added();
  queue.retried();
  queue.started(0.25);
  running.push(1.5, 4);
  assert.deepEqual(await values(registry, /^workqueue/), [
    'workqueue_depth{name="audits"} 2',
    'workqueue_unfinished_work_seconds{name="audits"} 5.5',
    'workqueue_longest_running_processor_seconds{name="audits"} 4',
    'workqueue_adds_total{name="audits"} 2',
    'workqueue_retries_total{name="audits"} 1',
    'workqueue_queue_duration_seconds_sum{name="audits"} 0.25',
    'workqueue_queue_duration_seconds_count{name="audits"} 1',
  ]);
  running.length = 0;
  queue.finished(4.5);
  assert.deepEqual(await values(registry, /unfinished|longest|work_duration/), [
    'workqueue_unfinished_work_seconds{name="audits"} 0',
    'workqueue_longest_running_processor_seconds{name="audits"} 0',
    'workqueue_work_duration_seconds_sum{name="audits"} 4.5',
    'workqueue_work_duration_seconds_count{name="audits"} 1',
  ]);
});

test('a queue that has done nothing yet has its counters at 0, so that a rate has a start', async () => {
  const registry = new Registry();
  createControllerMetrics(registry, 'l').queue('audits', { depth: () => 0, running: () => [] });
  assert.deepEqual(await values(registry, /_total/), [
    'workqueue_adds_total{name="audits"} 0',
    'workqueue_retries_total{name="audits"} 0',
  ]);
});

test('reconciles, requests and restarts are counted by their kind', async () => {
  const registry = new Registry();
  const metrics = createControllerMetrics(registry, 'netaudit-operator');
  metrics.reconciled('success', 0.5);
  metrics.reconciled('success', 0.25);
  metrics.reconciled('error', 1);
  metrics.requested({ verb: 'create', resource: 'jobs', code: 201, seconds: 0.5 });
  metrics.requested({ verb: 'create', resource: 'jobs', code: 0, seconds: 10 });
  metrics.watchRestarted('nodes', 'expired');
  assert.deepEqual(await values(registry, /^netaudit/), [
    'netaudit_reconcile_total{outcome="success"} 2',
    'netaudit_reconcile_total{outcome="error"} 1',
    'netaudit_reconcile_duration_seconds_sum{outcome="success"} 0.75',
    'netaudit_reconcile_duration_seconds_count{outcome="success"} 2',
    'netaudit_reconcile_duration_seconds_sum{outcome="error"} 1',
    'netaudit_reconcile_duration_seconds_count{outcome="error"} 1',
    'netaudit_api_requests_total{verb="create",resource="jobs",code="201"} 1',
    'netaudit_api_requests_total{verb="create",resource="jobs",code="0"} 1',
    'netaudit_api_request_duration_seconds_sum{verb="create",resource="jobs"} 10.5',
    'netaudit_api_request_duration_seconds_count{verb="create",resource="jobs"} 2',
    'netaudit_watch_restarts_total{resource="nodes",reason="expired"} 1',
  ]);
});

test('a replica says from its start that it does not lead, until it does', async () => {
  const registry = new Registry();
  const metrics = createControllerMetrics(registry, 'netaudit-operator');
  const seen = [await values(registry, /^leader/)];
  metrics.leading(true);
  seen.push(await values(registry, /^leader/));
  assert.deepEqual(seen, [
    ['leader_election_master_status{name="netaudit-operator"} 0'],
    ['leader_election_master_status{name="netaudit-operator"} 1'],
  ]);
});

test('every metric of the table is registered, with its type', async () => {
  const registry = new Registry();
  createControllerMetrics(registry, 'l').queue('q', { depth: () => 0, running: () => [] });
  const registered = registry.getMetricsAsArray().map(({ name, type }) => ({ name, type: String(type) }));
  const described = controllerDescriptions.map(({ name, type }) => ({ name, type: String(type) }));
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  assert.deepEqual(registered.sort(byName), described.sort(byName));
});
