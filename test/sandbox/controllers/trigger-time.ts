/** When what a write follows has happened: a Pod got ready or unready, or the Service was made (k8s.io/endpointslice/trigger_time_tracker.go). */
import { conditionOf, keyOf, type Pod } from '../kinds.ts';
import type { Service } from '../service-kinds.ts';

interface Seen {
  service: string;
  pods: Map<string, string>;
}

/** TriggerTimes remembers for each Service what it has seen. Times are compared as metav1.Time text, which sorts. */
export class TriggerTimes {
  readonly #seen = new Map<string, Seen>();

  /** next is the earliest time that was not there when the Service was last asked about; undefined without any. */
  next(service: Service, pods: readonly Pod[]): string | undefined {
    const before = this.#seen.get(keyOf(service));
    const created = service.metadata.creationTimestamp ?? '';
    const now: Seen = { service: created, pods: new Map() };
    const fresh = created > (before?.service ?? '') ? [created] : [];
    for (const pod of pods) {
      const time = conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '';
      now.pods.set(keyOf(pod), time);
      if (time > (before?.pods.get(keyOf(pod)) ?? '')) fresh.push(time);
    }
    this.#seen.set(keyOf(service), now);
    return fresh.sort()[0];
  }

  /** forget drops a Service that is gone. */
  forget(key: string): void {
    this.#seen.delete(key);
  }
}
