/** Who asks which DNS endpoints. Every node asks a few, and all of them are asked from some node. */
import { hash } from 'node:crypto';
import type { DNSService, Plan, PlannedCheck } from '../../api/v1alpha1/index.ts';
import type { Task } from '../check.ts';
import { dnsOptionsOf } from './options.ts';
import type { DNSTask, TaskService } from './task.ts';

/** endpointsPerNode is how many endpoints of a Service a node asks where there are more; it is enough to blame one. */
export const endpointsPerNode = 3;

/** budget bounds a probe; the seconds are what two silent servers and a slow one take. */
export const budget = { questions: 256, seconds: 45 } as const;

/** task is `Check.task` of DNS. */
export function task(plan: Plan, check: PlannedCheck, node: string): Task | undefined {
  const built = dnsTask(plan, check, node);
  return built === undefined ? undefined : { ...built };
}

/** dnsTask is the task in its own type, for who derives it again to read an answer. */
export function dnsTask(plan: Plan, check: PlannedCheck, node: string): DNSTask | undefined {
  const options = dnsOptionsOf(check);
  const probers = plan.nodes.filter(({ places }) => places.includes('pod')).map(({ name }) => name);
  const prober = probers.indexOf(node);
  if (options === undefined || prober < 0) return undefined;
  const { lookups, paths, transports, timeoutSeconds, services } = options;
  return {
    lookups: lookups.map(({ name, type }) => [name, type] as const),
    paths,
    transports,
    timeoutSeconds,
    services: services.map((service) => taskService(service, plan, prober, probers.length)),
    first: lookups.length === 0 ? 0 : plan.number % lookups.length,
    budget,
  };
}

/**
 * taskService picks endpoints for one prober: a window that goes on by its own width from prober to prober, so that
 * probers share the endpoints evenly, and from run to run. Where there are so many that the probers' windows would not
 * reach all, the windows are as wide as it takes.
 */
function taskService(
  service: DNSService,
  { seed, number }: Plan,
  prober: number,
  probers: number,
): TaskService {
  const { addresses, endpoints } = service;
  const width = Math.min(
    endpoints.length,
    Math.max(endpointsPerNode, Math.ceil(endpoints.length / Math.max(1, probers))),
  );
  const shift = endpoints.length === 0 ? 0 : offsetOf(seed, number, endpoints.length);
  const chosen = Array.from({ length: width }, (_, index) =>
    endpoints.at((shift + prober * width + index) % endpoints.length),
  );
  return {
    addresses,
    endpoints: chosen.flatMap((each) => (each === undefined ? [] : [[each.address, each.port] as const])),
  };
}

function offsetOf(seed: string, number: number, length: number): number {
  return Number.parseInt(hash('sha256', `${seed}/${number}`).slice(0, 8), 16) % length;
}
