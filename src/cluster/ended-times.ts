/** When things ended that are no more, for as long as that may matter to a judge. */

/** rememberedMilliseconds is how long what ended is remembered. */
export const rememberedMilliseconds = 30 * 60_000;

/** EndedTimes remembers by key when something ended. */
export class EndedTimes {
  /** They are in the order in which they ended, as long as the clock goes forward. */
  readonly #times = new Map<string, number>();
  #view: ReadonlyMap<string, string> | undefined;

  /** ended takes that something ended, at a moment in milliseconds. */
  ended(key: string, at: number): void {
    this.#times.delete(key);
    this.#times.set(key, at);
    this.#view = undefined;
    this.#forget(at);
  }

  /** back takes that it is there again. */
  back(key: string): void {
    if (this.#times.delete(key)) this.#view = undefined;
  }

  /** view is all that is remembered now, as RFC 3339; the same object for as long as that is the same. */
  view(now: number): ReadonlyMap<string, string> {
    this.#forget(now);
    this.#view ??= new Map([...this.#times].map(([key, time]) => [key, new Date(time).toISOString()]));
    return this.#view;
  }

  #forget(now: number): void {
    for (const [key, time] of this.#times) {
      if (time >= now - rememberedMilliseconds) return;
      this.back(key);
    }
  }
}
