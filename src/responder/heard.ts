/** What a responder remembers of the questions that reached it, so that a lost answer is told from a lost question. */

/** remembered is how many runs are kept, and for how long without a further question. */
const remembered = { runs: 128, probers: 512, milliseconds: 15 * 60 * 1000 };

/**
 * HeardMemory remembers four bits for each prober of a run's check: over which protocol and family it was heard.
 * Bounded: the run that was not heard of for the longest time is forgotten first.
 */
export class HeardMemory {
  readonly #runs = new Map<string, { time: number; readonly bits: Uint8Array }>();

  /** add remembers that a prober was heard at a time, in milliseconds of any steady clock. */
  add(key: string, prober: number, bit: number, time: number): void {
    if (prober >= remembered.probers) return;
    const run = this.#runs.get(key) ?? { time, bits: new Uint8Array(remembered.probers) };
    run.time = time;
    run.bits[prober] = (run.bits[prober] ?? 0) | bit;
    this.#runs.delete(key);
    this.#runs.set(key, run);
    this.#forget(time);
  }

  /** of gives one hex digit for each prober, without the zeros behind the last that was heard. */
  of(key: string, time: number): string {
    this.#forget(time);
    const bits = this.#runs.get(key)?.bits ?? new Uint8Array();
    return Array.from(bits, (each) => each.toString(16))
      .join('')
      .replace(/0+$/, '');
  }

  /** size is how many runs are remembered. */
  get size(): number {
    return this.#runs.size;
  }

  #forget(time: number): void {
    for (const [key, run] of this.#runs) {
      if (this.#runs.size <= remembered.runs && time - run.time < remembered.milliseconds) return;
      this.#runs.delete(key);
    }
  }
}
