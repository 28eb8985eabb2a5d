/** Runs a tool that reads the kernel: without a shell, with a deadline, and with a bound on what it may print. */
import { spawn } from 'node:child_process';

/** Ran is what a tool printed, or why that is not to be trusted: what is cut looks as if rules were missing. */
export type Ran =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/** Running says how to run it. */
export interface Running {
  readonly program: string;
  readonly args: readonly string[];
  readonly deadlineMilliseconds: number;
  /** mostBytes is how much is read before the tool is ended. */
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

/** Nothing of the probe's own environment: only where tools are, and that they speak English. */
const environment = { LC_ALL: 'C', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** mostComplaint bounds what is kept of stderr. */
const mostComplaint = 4096;

/** runTool never fails: a tool that could not be run has a problem, too. */
export function runTool({ program, args, deadlineMilliseconds, mostBytes, signal }: Running): Promise<Ran> {
  if (signal.aborted) return Promise.resolve({ ok: false, problem: 'there was no time left for it' });
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: environment, shell: false, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    let length = 0;
    let complaint = '';
    let cut: string | undefined;
    const end = (why: string) => {
      cut ??= why;
      child.kill('SIGKILL');
    };
    const abort = () => end('it was not over when time was up');
    const timer = setTimeout(
      () => end(`it took longer than ${deadlineMilliseconds / 1000} s`),
      deadlineMilliseconds,
    );
    const settle = (ran: Ran) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(ran);
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > mostBytes) end(`it printed more than ${mostBytes} bytes`);
      else chunks.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, mostComplaint);
    });
    child.once('error', (error) => settle({ ok: false, problem: `it could not be run: ${reasonOf(error)}` }));
    child.once('close', (code, name) => {
      const problem = cut ?? problemOf(code, name, complaint);
      if (problem !== undefined) settle({ ok: false, problem });
      else settle({ ok: true, text: textOf(chunks) });
    });
  });
}

/** A tool that dies by a signal has met rules that it does not know: what it printed is no more than a part. */
function problemOf(code: number | null, signal: string | null, complaint: string): string | undefined {
  if (code === 0) return undefined;
  const how = signal === null ? `it ended with ${code}` : `${signal} ended it`;
  const line = complaint.split('\n').find((each) => each.trim() !== '');
  return line === undefined ? how : `${how}: ${printable(line)}`;
}

function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : printable(error.message);
}

function printable(text: string): string {
  return text
    .trim()
    .slice(0, 200)
    .replaceAll(/[^ -~]/g, '?');
}

/** The pieces are let go before the text is made, so that there are never three copies. */
function textOf(chunks: Buffer[]): string {
  const whole = Buffer.concat(chunks);
  chunks.length = 0;
  return whole.toString('utf8');
}
