/** One run of a container: a process in its Pod's network namespace and in mount, PID, IPC and UTS namespaces of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chmod, cp, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inNamespace, type Output, run, TOOL_PATH } from './command.ts';
import { prepared } from './prepared.ts';
import type { RootFs } from './tree.ts';

/** Identity is whom a container's processes run as, and what they may do. */
export interface Identity {
  uid: number;
  gid: number;
  groups: number[];
  /** Capabilities of the bounding set, without CAP_, or 'ALL'. Only uid 0 gets them effective, as in Kubernetes. */
  capabilities: string[] | 'ALL';
  noNewPrivileges: boolean;
}

/** ContainerPlan is everything that one run of a container needs. */
export interface ContainerPlan {
  /** A directory of this run's own: log, termination message, files under /etc. */
  directory: string;
  namespace: string;
  hostname: string;
  argv: string[];
  environment: Record<string, string>;
  workingDir: string;
  identity: Identity;
  readOnlyRoot: boolean;
  rootfs: RootFs;
  /** bubblewrap's arguments for the image's own files and for the volumes. */
  binds: string[];
  volumes: string[];
  files: Record<'resolv.conf' | 'hosts', string>;
  terminationMessagePath: string;
}

/** Exit is how a run ended. */
export interface Exit {
  code: number;
  /** True when the command could not be started at all. */
  notStarted: boolean;
}

/** privileges are the setpriv arguments that turn root with all capabilities into an identity. */
export function privileges({ uid, gid, groups, capabilities, noNewPrivileges }: Identity): string[] {
  const bounding =
    capabilities === 'ALL'
      ? []
      : ['--bounding-set', ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(',')];
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    ...(groups.length > 0 ? [`--groups=${groups.join(',')}`] : ['--clear-groups']),
    '--inh-caps=-all',
    ...bounding,
    ...(noNewPrivileges ? ['--no-new-privs'] : []),
  ];
}

/** A container that may write to its root, or mounts something below /etc, needs an /etc of its own. */
function ownEtc({ readOnlyRoot, volumes }: ContainerPlan): boolean {
  return !readOnlyRoot || volumes.some((argument) => argument.startsWith('/etc/'));
}

/** bubblewrap is the whole command line of a run, below `ip netns exec`. File descriptor 3 gets bubblewrap's JSON. */
export function bubblewrap(plan: ContainerPlan): string[] {
  const { directory, identity, terminationMessagePath } = plan;
  const own = (name: string) => ['--ro-bind', join(directory, name), `/etc/${name}`];
  const etc = ownEtc(plan) ? ['--bind', join(directory, 'etc')] : ['--ro-bind', plan.rootfs.etc];
  return [
    'bwrap',
    ...['--die-with-parent', '--new-session', '--as-pid-1', '--info-fd', '3'],
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--hostname', plan.hostname],
    ...['--cap-add', 'ALL'],
    ...plan.rootfs.usrBinds,
    ...[...etc, '/etc', ...plan.rootfs.etcBinds, ...own('resolv.conf'), ...own('hosts'), ...own('hostname')],
    ...['--proc', '/proc', '--dev', '/dev', '--ro-bind', '/sys', '/sys'],
    ...['run', 'var', 'var/lib', 'home', 'root', 'opt'].flatMap((name) => ['--dir', `/${name}`]),
    ...[
      '--symlink',
      '../run',
      '/var/run',
      '--perms',
      '1777',
      '--dir',
      '/tmp',
      '--perms',
      '1777',
      '--dir',
      '/var/tmp',
    ],
    ...plan.binds,
    ...plan.volumes,
    ...['--bind', join(directory, 'termination-log'), terminationMessagePath],
    ...(plan.readOnlyRoot ? ['--remount-ro', '/'] : []),
    ...['--chdir', plan.workingDir, '--'],
    ...privileges(identity),
    '--',
    ...plan.argv,
  ];
}

/** RunningContainer is a started run; its promise `exit` always resolves. */
export class RunningContainer {
  readonly exit: Promise<Exit>;
  readonly started: Promise<void>;
  readonly plan: ContainerPlan;
  readonly #child: ChildProcess;
  #pid: number | undefined;

  constructor(plan: ContainerPlan, child: ChildProcess) {
    this.plan = plan;
    this.#child = child;
    const info = child.stdio[3];
    let text = '';
    this.started = new Promise((resolve) => {
      info?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
        if (pid === undefined) return;
        this.#pid = Number(pid);
        resolve();
      });
      info?.on('close', () => resolve());
    });
    this.exit = new Promise((resolve) => {
      child.on('error', () => resolve({ code: 128, notStarted: true }));
      child.on('exit', (code, signal) => {
        this.#pid = undefined;
        resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), notStarted: false });
      });
    });
  }

  /** pid is the container's first process as this machine sees it; undefined once it has ended. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /**
   * signal sends a signal to the container's first process: SIGTERM reaches it only if it has a handler, as PID 1. A
   * process that has ended by itself needs none: that is known here a moment later than to the kernel.
   */
  signal(signal: NodeJS.Signals): void {
    if (this.#pid === undefined) this.#child.kill('SIGKILL');
    else sendSignal(this.#pid, signal);
  }

  /** execute runs a command inside the container, as `kubectl exec` and exec probes do. */
  async execute(argv: string[], timeout: number): Promise<Output> {
    if (this.#pid !== undefined) await prepared(this.#pid);
    if (this.#pid === undefined) throw new Error('The container is not running');
    const enter = [
      'nsenter',
      '-t',
      `${this.#pid}`,
      '-m',
      '-n',
      '-i',
      '-u',
      '-p',
      `--wdns=${this.plan.workingDir}`,
      '--',
    ];
    return run([...enter, ...privileges(this.plan.identity), '--', ...argv], {
      env: this.plan.environment,
      timeout,
    });
  }
}

/** sendSignal is no error where the process has just ended. */
function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** start writes the run's own files and starts it. */
export async function start(plan: ContainerPlan): Promise<RunningContainer> {
  const { directory } = plan;
  await mkdir(directory, { recursive: true });
  const message = join(directory, 'termination-log');
  await Promise.all([
    writeFile(join(directory, 'resolv.conf'), plan.files['resolv.conf']),
    writeFile(join(directory, 'hosts'), plan.files.hosts),
    writeFile(join(directory, 'hostname'), `${plan.hostname}\n`),
    // Whoever the container runs as must be able to write here: the kubelet gives the file mode 0666.
    writeFile(message, '').then(() => chmod(message, 0o666)),
    ...(ownEtc(plan) ? [cp(plan.rootfs.etc, join(directory, 'etc'), { recursive: true })] : []),
  ]);
  const log = openSync(logFile(directory), 'a');
  try {
    const [command = 'ip', ...args] = inNamespace(plan.namespace, bubblewrap(plan));
    const child = spawn(command, args, {
      stdio: ['ignore', log, log, 'pipe'],
      env: { ...plan.environment, PATH: plan.environment.PATH ?? TOOL_PATH },
      cwd: dirname(directory),
    });
    return new RunningContainer(plan, child);
  } finally {
    closeSync(log);
  }
}

/** logFile is where a run's stdout and stderr go. */
export function logFile(directory: string): string {
  return join(directory, 'log');
}

const MESSAGE_LIMIT = 4096;
const FALLBACK_LIMIT = 2048;
const FALLBACK_LINES = 80;

async function tail(file: string, limit: number): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, limit);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString();
  } finally {
    await handle.close();
  }
}

/** terminationMessage is what the status shows: the last 4,096 bytes of the file, or the log's end if that is asked for. */
export async function terminationMessage(directory: string, fallbackToLogs: boolean): Promise<string> {
  const message = await tail(join(directory, 'termination-log'), MESSAGE_LIMIT);
  if (message !== '' || !fallbackToLogs) return message;
  return (await tail(logFile(directory), FALLBACK_LIMIT))
    .split('\n')
    .slice(-FALLBACK_LINES - 1)
    .join('\n');
}

/** startFailure is why a command could not be started, by what setpriv or bubblewrap wrote; undefined if it was started. */
export async function startFailure(directory: string, code: number): Promise<string | undefined> {
  if (code !== 127 && code !== 126 && code !== 1) return undefined;
  const log = await readFile(logFile(directory), 'utf8').catch(() => '');
  const last = log.trimEnd().split('\n').at(-1) ?? '';
  return /^(setpriv: failed to execute|bwrap: )/.test(last) ? last : undefined;
}
