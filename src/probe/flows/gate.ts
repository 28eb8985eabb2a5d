/** How much may be under way at once: a probe that floods its own node would find the losses that it makes. */

/** Gate lets a number of flows through at once; one that hears nothing makes room for the next after a while. */
export class Gate {
  readonly #patience: number | undefined;
  #free: number;
  readonly #queue: (() => void)[] = [];

  /** patience is how many milliseconds a silent flow counts: long enough for any answer under way; none, for ever. */
  constructor(places: number, patience?: number) {
    this.#free = places;
    this.#patience = patience;
  }

  /** through runs a flow when there is room for it. */
  async through<T>(flow: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((enter) => this.#queue.push(enter));
    let inside = true;
    const leave = () => {
      if (!inside) return;
      inside = false;
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
    const timer = this.#patience === undefined ? undefined : setTimeout(leave, this.#patience);
    try {
      return await flow();
    } finally {
      clearTimeout(timer);
      leave();
    }
  }
}
