/** What a Pod asks of its node. Pure. */
import { quantityNano } from '../api/quantity.ts';
import type { Pod } from '../kinds.ts';

/**
 * podRequests are the sums of the containers' requests in units of 10⁻⁹, at least the largest of an init container,
 * and one of `pods`.
 */
export function podRequests(pod: Pod): Record<string, bigint> {
  const total: Record<string, bigint> = { pods: 1_000_000_000n };
  const quantity = (value: string | number) => quantityNano(`${value}`) ?? 0n;
  for (const { resources } of pod.spec.containers) {
    for (const [name, value] of Object.entries(resources?.requests ?? {})) {
      total[name] = (total[name] ?? 0n) + quantity(value);
    }
  }
  for (const { resources } of pod.spec.initContainers ?? []) {
    for (const [name, value] of Object.entries(resources?.requests ?? {})) {
      const wanted = quantity(value);
      if (wanted > (total[name] ?? 0n)) total[name] = wanted;
    }
  }
  return total;
}
