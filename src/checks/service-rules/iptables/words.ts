/** Reads the words of iptables-save's lines in place: by index, without cutting the text into pieces first. */

const newline = 10;
const space = 32;
const quote = 34;
const backslash = 92;

/** Garbled is thrown at what cannot be a line of iptables-save; it ends inside of the reader. */
export class Garbled extends Error {}

/**
 * Words stand at one word of a line. iptables writes what holds more than letters, digits, `-` and `_` in double quotes,
 * with a backslash before each quote and backslash; a quoted text may hold line breaks.
 */
export class Words {
  readonly text: string;
  /** word is the word that is stood at, without its quotes; undefined behind the last of the line. */
  word: string | undefined;
  /** quoted tells that it was in quotes: it is then a value, whatever it says. */
  quoted = false;
  /** start is where it begins. */
  start = 0;
  /** end is the first place behind it. */
  end = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** enter stands at the first word from a place on. */
  enter(place: number): void {
    this.end = place;
    this.next();
  }

  /** next goes to the next word and gives it. */
  next(): string | undefined {
    const { text } = this;
    const start = this.#afterSpaces();
    this.start = start;
    const code = text.charCodeAt(start);
    if (Number.isNaN(code) || code === newline) {
      this.quoted = false;
      this.end = start;
      this.word = undefined;
    } else if (code === quote) {
      this.quoted = true;
      this.end = this.#afterQuoted(start);
      const inner = text.slice(start + 1, this.end - 1);
      this.word = inner.includes('\\') ? inner.replaceAll(/\\(.)/gs, '$1') : inner;
    } else {
      this.quoted = false;
      this.end = this.#afterPlain(start);
      this.word = text.slice(start, this.end);
    }
    return this.word;
  }

  /** skip goes past the next word, whatever it is, to the one behind it. */
  skip(): void {
    const start = this.#afterSpaces();
    const code = this.text.charCodeAt(start);
    if (Number.isNaN(code) || code === newline) throw new Garbled('an option without its value');
    this.end = code === quote ? this.#afterQuoted(start) : this.#afterPlain(start);
    this.next();
  }

  /** value is the next word, which must be there; the words then stand behind it. */
  value(): string {
    const value = this.next();
    if (value === undefined) throw new Garbled('an option without its value');
    this.next();
    return value;
  }

  /** atOption tells whether the word belongs to the match or target before it: only a new one or the end does not. */
  atOption(): boolean {
    const { word } = this;
    if (word === undefined) return false;
    return this.quoted || word.length !== 2 || (word !== '-m' && word !== '-j' && word !== '-g');
  }

  /** skipOptions goes behind all words of a match or target that is not understood. */
  skipOptions(): void {
    while (this.atOption()) this.next();
  }

  #afterSpaces(): number {
    let place = this.end;
    while (this.text.charCodeAt(place) === space) place += 1;
    return place;
  }

  #afterPlain(start: number): number {
    const { text } = this;
    let place = start;
    for (;;) {
      const code = text.charCodeAt(place);
      if (code === space || code === newline || Number.isNaN(code)) return place;
      if (code < space) throw new Garbled('a control character');
      place += 1;
    }
  }

  #afterQuoted(start: number): number {
    const { text } = this;
    let place = text.indexOf('"', start + 1);
    while (place > 0 && isEscaped(text, place, start)) place = text.indexOf('"', place + 1);
    if (place < 0) throw new Garbled('a quotation without an end');
    const code = text.charCodeAt(place + 1);
    if (code !== space && code !== newline && !Number.isNaN(code)) throw new Garbled('a quotation in a word');
    return place + 1;
  }
}

function isEscaped(text: string, place: number, start: number): boolean {
  let first = place;
  while (first - 1 > start && text.charCodeAt(first - 1) === backslash) first -= 1;
  return (place - first) % 2 === 1;
}

/** shown is the beginning of a text in a problem's sentence: what a node prints is not trusted. */
export function shown(text: string): string {
  return text.slice(0, 60).replaceAll(/[^ -~]/g, '?');
}
