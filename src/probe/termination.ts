/** The termination message of the probe's Pod: rewritten as the probe goes on, whole at every moment. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { type Answer, type EncodedAnswer, encodeAnswer } from '../checks/answer.ts';

/** terminationLog is where kubelet reads the message from by default (`terminationMessagePath`). */
export const terminationLog = '/dev/termination-log';

/** often is how many milliseconds lie between two writes at least. */
const often = 200;

/** TerminationMessage keeps a file's content at the last answer that was written. */
export class TerminationMessage {
  readonly #path: string;
  #time = Number.NEGATIVE_INFINITY;
  #pending: Answer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #finished = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** progress keeps what there is so far, now or very soon. What does not fit yet waits for the end. */
  progress(answer: Answer): void {
    // A task that was left behind may still speak: too late.
    if (this.#finished) return;
    this.#pending = answer;
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, this.#time + often - performance.now()));
  }

  /** finish writes the last answer, and gives the line that must stand on stdout before: it is written by `print`. */
  async finish(answer: Answer, print: (line: string) => Promise<void>): Promise<void> {
    this.#finished = true;
    clearTimeout(this.#timer);
    const { message, line } = encodeAnswer(answer);
    if (line !== undefined) await print(`${line}\n`);
    this.write(message);
  }

  /**
   * write replaces the content. The new text is written over the old one before the rest is cut off: a process that
   * is killed in between leaves a whole first line, and readers read no further.
   */
  write(message: string): void {
    const file = open(this.#path);
    try {
      writeSync(file, message, 0);
      ftruncateSync(file, Buffer.byteLength(message));
    } finally {
      closeSync(file);
    }
    this.#time = performance.now();
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#pending === undefined) return;
    const whole: EncodedAnswer = encodeAnswer(this.#pending);
    const { message } = whole.line === undefined ? whole : encodeAnswer({ ...this.#pending, results: [] });
    this.#pending = undefined;
    this.write(message);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch {
    // There is no such file outside of a container.
    return openSync(path, 'w');
  }
}
