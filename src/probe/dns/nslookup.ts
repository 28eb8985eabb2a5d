/** Runs the real nslookup: without a shell, with a deadline, and with a bound on what it may say. */
import { spawn } from 'node:child_process';

/** Ran is what a run of nslookup came to. */
export interface Ran {
  readonly text: string;
  /** exitCode is null when a signal ended it: also ours, for which `cut` says why. */
  readonly exitCode: number | null;
  readonly cut?: 'deadline' | 'output' | 'aborted';
}

/** Running says how to run it. */
export interface Running {
  /** command is the program, and arguments to stand before all others. */
  readonly command: readonly [string, ...string[]];
  readonly args: readonly string[];
  readonly deadlineMilliseconds: number;
  readonly signal: AbortSignal;
}

/** longestOutput is how many bytes are read before nslookup is ended: more than any answer that is judged. */
export const longestOutput = 65_536;

/** Nothing of the probe's own environment: LOCALDOMAIN or RES_OPTIONS would change what is asked. */
const environment = { LC_ALL: 'C', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** runNslookup fails only when nslookup could not be started: that says nothing about the network. */
export function runNslookup({ command, args, deadlineMilliseconds, signal }: Running): Promise<Ran> {
  const [program, ...before] = command;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve({ text: '', exitCode: null, cut: 'aborted' });
      return;
    }
    const child = spawn(program, [...before, ...args], {
      env: environment,
      shell: false,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    let length = 0;
    let cut: Ran['cut'];
    const end = (why: NonNullable<Ran['cut']>) => {
      cut ??= why;
      child.kill('SIGKILL');
    };
    const abort = () => end('aborted');
    const timer = setTimeout(() => end('deadline'), deadlineMilliseconds);
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const read = (chunk: Buffer) => {
      if (length >= longestOutput) return;
      chunks.push(chunk);
      length += chunk.length;
      if (length >= longestOutput) end('output');
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error) => {
      settle();
      reject(new Error(`nslookup could not be run: ${error.message}`));
    });
    child.once('close', (exitCode) => {
      settle();
      // latin1 keeps every byte, whatever a server made nslookup print.
      const text = Buffer.concat(chunks).subarray(0, longestOutput).toString('latin1');
      resolve({ text, exitCode: cut === undefined ? exitCode : null, ...(cut === undefined ? {} : { cut }) });
    });
  });
}
