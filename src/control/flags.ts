/** The operator's flags: each has an environment variable, a default, and a bound. */
import type { Settings } from '../plan/settings.ts';
import { type Flag, type FlagName, flags } from './flag-table.ts';

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

function problemOf({ allowed, form, formText, from, to }: Flag, value: string): string | undefined {
  if (form !== undefined && value !== '' && !form.test(value)) return formText;
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
    jobCap: number('job-cap'),
    settleSeconds: number('settle-seconds'),
    newNodeSeconds: number('new-node-seconds'),
    leaseFreshSeconds: number('lease-fresh-seconds'),
    askedForIntervalSeconds: number('asked-for-interval-seconds'),
    refuseAfterSeconds: number('refuse-after-seconds'),
    reportMarginSeconds: number('report-margin-seconds'),
    clusterDomain: value('cluster-domain'),
    dnsService: value('dns-service'),
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
