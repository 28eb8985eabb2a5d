import type { DaemonSet, Pod } from '../kinds.ts';
import { daemonNode } from './daemon-pods.ts';

/** The pauses of a node whose Pods fail again and again, in milliseconds. */
const FIRST = 1000;
const MOST = 15 * 60_000;

/** DaemonBackoff holds back the replacement of Pods that fail on a node: the first at once, then after longer pauses. */
export class DaemonBackoff {
  readonly #pauses = new Map<string, { pause: number; since: number }>();

  /** left is how many milliseconds a failed Pod has to stay; 0 when it goes now, and the next pause begins. */
  left(set: DaemonSet, pod: Pod, now: number): number {
    const key = `${set.metadata.uid}/${set.metadata.generation}/${daemonNode(pod)}`;
    const known = this.#pauses.get(key);
    const left = known === undefined ? 0 : known.since + known.pause - now;
    if (left > 0) return left;
    const forgotten = known === undefined || now - known.since > 2 * MOST;
    this.#pauses.set(key, { pause: forgotten ? FIRST : Math.min(known.pause * 2, MOST), since: now });
    return 0;
  }
}
