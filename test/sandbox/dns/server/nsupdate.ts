import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Nsupdate is a long-lived nsupdate: a process for each change would cost a hundred times as much as the change. */
export class Nsupdate {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #ended: Error | undefined;

  constructor(port: number) {
    this.#child = spawn('nsupdate', [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.write(`server 127.0.0.1 ${port}\n`);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const status = /opcode: UPDATE, status: (\w+)/.exec(line)?.[1];
      if (status === undefined) return;
      const sent = this.#waiting.shift();
      if (status === 'NOERROR') sent?.resolve();
      else sent?.reject(new Error(`An update ended with ${status}`));
    });
    const ended = (error: Error) => {
      this.#ended = error;
      for (const sent of this.#waiting.splice(0)) sent.reject(error);
    };
    this.#child.on('error', ended);
    this.#child.on('exit', (code, signal) => ended(new Error(`nsupdate ended with ${code ?? signal}`)));
    // What the process did not read is told by its end.
    this.#child.stdin.on('error', () => {});
  }

  /** send resolves when the server has taken every message. */
  async send(messages: readonly string[]): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    const sent = messages.map(() => Promise.withResolvers<void>());
    this.#waiting.push(...sent);
    this.#child.stdin.write(messages.join(''));
    await Promise.all(sent.map(({ promise }) => promise));
  }

  /** stop ends the process; what has not been taken is lost. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
