/** Keeps one object for each text: tens of thousands of rules ask the same few things. */

/** Interned makes what a text stands for once, and gives the same object for the same text. */
export class Interned<T> {
  readonly #made = new Map<string, T>();
  readonly #make: (text: string) => T;

  constructor(make: (text: string) => T) {
    this.#make = make;
  }

  /** of is what a text stands for. */
  of(text: string): T {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    const made = this.#make(text);
    this.#made.set(text, made);
    return made;
  }
}
