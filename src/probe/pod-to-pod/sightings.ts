/** What was seen in all flows of one question: how often as expected, and what instead. */
import type { Deviation, Result, SeenView } from '../../checks/pod-to-pod/evidence.ts';
import type { Answered } from '../flows/flow.ts';

/** Expectation is what a flow must look like from both ends. */
export interface Expectation {
  /** local is the own address that is asked from. */
  readonly local: string;
  /** address is the one that is asked. */
  readonly address: string;
  /** uid is the uid of the Pod that has it. */
  readonly uid: string;
}

/** Found is what a question's stages found beside the views. */
export type Found = Omit<Deviation, 't' | 'n' | 'v'>;

/** mostViews is how many different views are reported. */
const mostViews = 4;

/** Sightings gathers the answered flows of one question. */
export class Sightings {
  readonly #expected: Expectation;
  readonly #views = new Map<string, SeenView>();
  readonly #times: number[] = [];
  #flows = 0;
  #unexpected = 0;

  constructor(expected: Expectation) {
    this.#expected = expected;
  }

  /** answered is how many flows were answered. */
  get answered(): number {
    return this.#flows;
  }

  /** unexpected is how many of them did not look as expected. */
  get unexpected(): number {
    return this.#unexpected;
  }

  /**
   * add takes the answers to one flow. A flow counts once, however many datagrams it had. Only small packets are
   * timed: what many bytes take is no round trip.
   */
  add(answers: readonly Answered[], timed: boolean): void {
    if (answers.length === 0) return;
    this.#flows += 1;
    const different = new Map<string, SeenView>();
    for (const answer of answers) {
      if (timed) this.#times.push(answer.microseconds);
      const view = this.#unlike(answer);
      if (view !== undefined) different.set(kindOf(view), view);
    }
    if (different.size > 0) this.#unexpected += 1;
    for (const [kind, view] of different) this.#count(kind, view);
  }

  /** result is the number that stands for all as expected, or what was seen and found instead. */
  result(found: Found): Result {
    const t = median(this.#times);
    if (this.#views.size === 0 && Object.keys(found).length === 0) return t;
    const views = [...this.#views.values()];
    return { t, n: this.#flows, ...(views.length === 0 ? {} : { v: views }), ...found };
  }

  #count(kind: string, view: SeenView): void {
    const [times, ...rest] = this.#views.get(kind) ?? view;
    if (!this.#views.has(kind) && this.#views.size >= mostViews) return;
    this.#views.set(kind, [this.#views.has(kind) ? times + 1 : 1, ...rest]);
  }

  /** unlike gives what of an answer is not as expected. */
  #unlike({ view, local, from }: Answered): SeenView | undefined {
    const { local: own, address, uid } = this.#expected;
    const otherOwn = own !== '' && local.address !== own ? local.address : '';
    const otherFrom = from === address ? '' : from;
    const peer = view.peer === local.address ? '' : view.peer;
    const peerPort = view.peerPort === local.port ? 0 : view.peerPort;
    const at = view.local === address ? '' : view.local;
    const other = view.uid === uid ? '' : view.uid || 'none';
    const who = at === '' && other === '' ? (['', ''] as const) : ([view.pod, view.node] as const);
    const same = [otherOwn, otherFrom, peer, at, other].every((text) => text === '') && peerPort === 0;
    return same ? undefined : [1, otherOwn, local.port, otherFrom, peer, peerPort, at, other, ...who];
  }
}

/** kindOf is the same for views that differ in port numbers only, which no two flows have in common. */
function kindOf([, local, , from, peer, peerPort, at, uid]: SeenView): string {
  return [local, from, peer, peerPort === 0, at, uid].join(' ');
}

/** median takes the lower one of two: what delays a measurement is the prober's own node more often than the network. */
function median(times: readonly number[]): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
