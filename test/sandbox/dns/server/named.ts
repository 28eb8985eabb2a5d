import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type NamedOptions, namedConf, zoneFiles } from './named-conf.ts';

/** Named is a running server of BIND. */
export class Named {
  /** died rejects when the server ends without having been stopped. */
  readonly died: Promise<never>;
  readonly #child: ChildProcess;
  #stopped = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.died = new Promise((_, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        if (!this.#stopped) reject(new Error(`named ended with ${code ?? signal}`));
      });
    });
  }

  /** start writes the server's files, starts it and resolves when it answers. */
  static async start(options: NamedOptions): Promise<Named> {
    const { directory } = options;
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const files = { ...zoneFiles(options), 'named.conf': namedConf(options) };
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)));
    const argv = ['-f', '-n', '1', '-c', join(directory, 'named.conf')];
    const child = spawn('named', argv, { stdio: ['ignore', 'inherit', 'pipe'] });
    const named = new Named(child);
    const running = new Promise<void>((resolve) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        console.error(line);
        if (/\brunning$/.test(line)) resolve();
      });
    });
    await Promise.race([running, named.died]);
    return named;
  }

  /** stop ends the server at once: nothing of it is needed any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const exit = once(this.#child, 'exit');
    if (this.#child.exitCode === null && this.#child.kill('SIGKILL')) await exit;
  }
}
