import { spawn } from 'node:child_process';

/** Output is what a finished command said. A command that died by a signal has code 128 plus its number. */
export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** RunOptions are what a command gets besides its arguments. */
export interface RunOptions {
  input?: string;
  env?: Record<string, string>;
  /** After this many milliseconds the command is killed; its code is then 137. */
  timeout?: number;
}

/** TOOL_PATH is where Debian keeps the tools that the sandbox calls. */
export const TOOL_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

const SIGNAL_NUMBERS: Record<string, number> = {
  SIGTERM: 15,
  SIGKILL: 9,
  SIGINT: 2,
  SIGSEGV: 11,
  SIGABRT: 6,
};

/** run runs a command without a shell; it resolves whatever the exit code is and rejects only if it cannot start. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [command, ...args] = argv;
  if (command === undefined) return Promise.reject(new Error('No command was given'));
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { PATH: TOOL_PATH, LC_ALL: 'C.UTF-8', ...options.env },
      ...(options.timeout === undefined ? {} : { timeout: options.timeout, killSignal: 'SIGKILL' as const }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({
        code: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
    // A command that ends before it has read its input closes the pipe: its exit code says what matters.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** must runs a command and resolves to its stdout; it rejects with the command and its stderr if the code is not 0. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code === 0) return stdout;
  throw new Error(`${argv.join(' ')} ended with code ${code}: ${stderr.trim() || stdout.trim()}`);
}

/** inNamespace is the command that runs `argv` in a network namespace, with that namespace's own /sys. */
export function inNamespace(namespace: string, argv: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', namespace, ...argv];
}
