/** The operator's flags: each has an environment variable, a default, and a bound. */
import { objects } from '../api/names.ts';
import { defaultSettings, type Settings } from '../plan/settings.ts';

/** OperatorOptions are all that a start of the operator decides. */
export interface OperatorOptions {
  readonly settings: Settings;
  /** kubeconfig is a file; without it KUBECONFIG, ~/.kube/config or the Pod's own account are used. */
  readonly kubeconfig?: string;
  readonly httpHost: string;
  readonly httpPort: number;
  /** concurrency is how many audits are reconciled at a time. */
  readonly concurrency: number;
  readonly leaseName: string;
  readonly leaseMilliseconds: number;
  readonly renewDeadlineMilliseconds: number;
  readonly retryMilliseconds: number;
  /** identity names this replica in Lease and Events; by default the Pod's name. */
  readonly identity: string;
  readonly logLevel: string;
  readonly requestTimeoutMilliseconds: number;
  readonly watchSilenceMilliseconds: number;
}

/** Parsed is what came of a command line. */
export type Parsed =
  | { readonly kind: 'Options'; readonly options: OperatorOptions }
  | { readonly kind: 'Help'; readonly text: string }
  | { readonly kind: 'Problem'; readonly message: string };

interface Flag {
  readonly help: string;
  readonly fallback: string;
  /** allowed are the only values of a text. */
  readonly allowed?: readonly string[];
  /** from and to bound a whole number. */
  readonly from?: number;
  readonly to?: number;
}

const text = (fallback: string, help: string, allowed?: readonly string[]): Flag => ({
  help,
  fallback,
  ...(allowed === undefined ? {} : { allowed }),
});
const count = (fallback: number, from: number, to: number, help: string): Flag => ({
  help,
  fallback: String(fallback),
  from,
  to,
});
const hour = 3600;
const own = defaultSettings;

const flags = {
  image: text(own.image, 'image of probe Jobs: the product itself'),
  'image-pull-policy': text(own.imagePullPolicy, 'of probe Jobs', ['Always', 'IfNotPresent', 'Never']),
  'pod-namespace': text(own.podNamespace, 'namespace of responders and `pod` probes'),
  'node-namespace': text(own.nodeNamespace, 'namespace of `node` probes'),
  'priority-class-name': text(own.priorityClassName, 'PriorityClass of probe Pods; empty for none'),
  'probe-service-account-name': text(
    own.probeServiceAccountName,
    'ServiceAccount of probe Pods, without rights',
  ),
  'responder-port': count(own.responderPort, 1, 65_535, 'port of the responders'),
  'job-cap': count(own.jobCap, 1, 10_000, 'probe Jobs under way, of all audits together'),
  'settle-seconds': count(own.settleSeconds, 0, hour, 'what changed less than this ago is not judged'),
  'new-node-seconds': count(own.newNodeSeconds, 0, hour, 'a node younger than this is not asked'),
  'lease-fresh-seconds': count(own.leaseFreshSeconds, 1, hour, "age up to which a kubelet's Lease is fresh"),
  'asked-for-interval-seconds': count(
    own.askedForIntervalSeconds,
    0,
    hour,
    'least time between asked-for runs',
  ),
  'refuse-after-seconds': count(own.refuseAfterSeconds, 0, hour, 'how long a run may wait for its audit'),
  'report-margin-seconds': count(own.reportMarginSeconds, 0, hour, 'probes end so long before the deadline'),
  'job-ttl-seconds': count(own.jobTtlSeconds, 0, 7 * 24 * hour, 'ttlSecondsAfterFinished of probe Jobs'),
  kubeconfig: text('', 'kubeconfig file; by default as kubectl, or as a Pod is given'),
  'http-host': text('0.0.0.0', 'address of metrics and health'),
  'http-port': count(8080, 0, 65_535, 'port of metrics and health; 0 for any that is free'),
  concurrency: count(4, 1, 64, 'audits reconciled at a time'),
  'lease-name': text(objects.lease, 'Lease by which replicas choose a leader, in the Pod namespace'),
  'lease-seconds': count(15, 1, hour, 'after which another may lead'),
  'renew-deadline-seconds': count(10, 1, hour, 'after which a leader that cannot renew gives up'),
  'retry-seconds': count(2, 1, 60, 'between two tries to lead or renew'),
  identity: text('', 'name of this replica; by default POD_NAME or the host name'),
  'log-level': text('info', 'of the log', ['error', 'warn', 'info', 'debug']),
  'request-timeout-seconds': count(15, 1, 300, 'for an answer of the API server'),
  'watch-silence-seconds': count(100, 1, hour, 'after which a watch that says nothing is begun anew'),
} as const satisfies Readonly<Record<string, Flag>>;

type FlagName = keyof typeof flags;

/** parseFlags reads `--name value`, `--name=value` and NETAUDIT_NAME; a flag wins over its variable. */
export function parseFlags(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  hostName: string,
): Parsed {
  if (argv.includes('--help') || argv.includes('-h')) return { kind: 'Help', text: helpText() };
  const given = givenFlags(argv);
  if (typeof given === 'string') return { kind: 'Problem', message: given };
  const values = new Map<string, string>();
  for (const [name, flag] of Object.entries<Flag>(flags)) {
    const fromFlag = given.get(name);
    const value = fromFlag ?? env[variableOf(name)] ?? flag.fallback;
    const problem = problemOf(flag, value);
    const origin = fromFlag === undefined ? variableOf(name) : `--${name}`;
    if (problem !== undefined)
      return { kind: 'Problem', message: `${origin} must be ${problem}, not "${value}"` };
    values.set(name, value);
  }
  const options = optionsOf((name) => values.get(name) ?? '', env.POD_NAME ?? hostName);
  const problem = problemOfTimes(options);
  return problem === undefined ? { kind: 'Options', options } : { kind: 'Problem', message: problem };
}

/** variableOf is the environment variable of a flag. */
export function variableOf(flag: string): string {
  return `NETAUDIT_${flag.replaceAll('-', '_').toUpperCase()}`;
}

function givenFlags(argv: readonly string[]): ReadonlyMap<string, string> | string {
  const given = new Map<string, string>();
  for (let index = 0; index < argv.length; index += 1) {
    const [name = '', ...rest] = (argv[index] ?? '').split('=');
    if (!name.startsWith('--') || !Object.hasOwn(flags, name.slice(2))) {
      return `There is no flag ${name}: --help lists them all`;
    }
    const next = rest.length > 0 ? rest.join('=') : argv[++index];
    if (next === undefined) return `${name} needs a value`;
    given.set(name.slice(2), next);
  }
  return given;
}

function problemOf({ allowed, from, to }: Flag, value: string): string | undefined {
  if (allowed !== undefined && !allowed.includes(value)) return `one of ${allowed.join(', ')}`;
  if (from === undefined || to === undefined) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  return number >= from && number <= to ? undefined : `a whole number from ${from} to ${to}`;
}

function problemOfTimes(options: OperatorOptions): string | undefined {
  const { leaseMilliseconds, renewDeadlineMilliseconds, retryMilliseconds } = options;
  if (leaseMilliseconds <= renewDeadlineMilliseconds) {
    return '--lease-seconds must be more than --renew-deadline-seconds, or two replicas could lead at once';
  }
  if (renewDeadlineMilliseconds <= retryMilliseconds * 1.2) {
    return '--renew-deadline-seconds must be more than 1.2 times --retry-seconds, or one lost renewal ends a term';
  }
  return undefined;
}

function optionsOf(value: (name: FlagName) => string, defaultIdentity: string): OperatorOptions {
  const number = (name: FlagName) => Number(value(name));
  const milliseconds = (name: FlagName) => number(name) * 1000;
  return {
    settings: settingsOf(value, number),
    ...(value('kubeconfig') === '' ? {} : { kubeconfig: value('kubeconfig') }),
    httpHost: value('http-host'),
    httpPort: number('http-port'),
    concurrency: number('concurrency'),
    leaseName: value('lease-name'),
    leaseMilliseconds: milliseconds('lease-seconds'),
    renewDeadlineMilliseconds: milliseconds('renew-deadline-seconds'),
    retryMilliseconds: milliseconds('retry-seconds'),
    identity: value('identity') || defaultIdentity,
    logLevel: value('log-level'),
    requestTimeoutMilliseconds: milliseconds('request-timeout-seconds'),
    watchSilenceMilliseconds: milliseconds('watch-silence-seconds'),
  };
}

function settingsOf(value: (name: FlagName) => string, number: (name: FlagName) => number): Settings {
  return {
    image: value('image'),
    imagePullPolicy: pullPolicyOf(value('image-pull-policy')),
    podNamespace: value('pod-namespace'),
    nodeNamespace: value('node-namespace'),
    priorityClassName: value('priority-class-name'),
    probeServiceAccountName: value('probe-service-account-name'),
    responderPort: number('responder-port'),
    jobCap: number('job-cap'),
    settleSeconds: number('settle-seconds'),
    newNodeSeconds: number('new-node-seconds'),
    leaseFreshSeconds: number('lease-fresh-seconds'),
    askedForIntervalSeconds: number('asked-for-interval-seconds'),
    refuseAfterSeconds: number('refuse-after-seconds'),
    reportMarginSeconds: number('report-margin-seconds'),
    jobTtlSeconds: number('job-ttl-seconds'),
  };
}

function pullPolicyOf(value: string): Settings['imagePullPolicy'] {
  return value === 'Always' || value === 'Never' ? value : 'IfNotPresent';
}

function helpText(): string {
  const lines = Object.entries<Flag>(flags).map(([name, { help, fallback }]) => {
    const shown = fallback === '' ? '' : ` (${fallback})`;
    return `  --${name.padEnd(28)} ${help}${shown}; ${variableOf(name)}`;
  });
  return ['Usage: operator [flags]', '', ...lines, ''].join('\n');
}
