/** The table of the operator's flags. */
import { objects } from '../api/names.ts';
import { defaultSettings } from '../plan/settings.ts';

/** Flag is one flag; its value is a text or a whole number. */
export interface Flag {
  readonly help: string;
  readonly fallback: string;
  /** allowed are the only values of a text. */
  readonly allowed?: readonly string[];
  /** form is what a text that is not empty must look like, and formText says it in words. */
  readonly form?: RegExp;
  readonly formText?: string;
  /** from and to bound a whole number. */
  readonly from?: number;
  readonly to?: number;
}

const text = (fallback: string, help: string, allowed?: readonly string[]): Flag => ({
  help,
  fallback,
  ...(allowed === undefined ? {} : { allowed }),
});
const formed = (help: string, form: RegExp, formText: string): Flag => ({
  help,
  fallback: '',
  form,
  formText,
});
const count = (fallback: number, from: number, to: number, help: string): Flag => ({
  help,
  fallback: String(fallback),
  from,
  to,
});
const hour = 3600;
const own = defaultSettings;

/** flags are all flags, in the order of the help. */
export const flags = {
  image: text(own.image, 'image of probe Jobs: the product itself'),
  'image-pull-policy': text(own.imagePullPolicy, 'imagePullPolicy of probe Jobs', [
    'Always',
    'IfNotPresent',
    'Never',
  ]),
  'pod-namespace': text(own.podNamespace, 'namespace of responders and `pod` probes'),
  'node-namespace': text(own.nodeNamespace, 'namespace of `node` probes'),
  'priority-class-name': text(own.priorityClassName, 'PriorityClass of probe Pods; empty for none'),
  'probe-service-account-name': text(
    own.probeServiceAccountName,
    'ServiceAccount of probe Pods, without rights',
  ),
  'job-cap': count(
    own.jobCap,
    1,
    10_000,
    'how many probe Jobs are under way at most, of all audits together',
  ),
  'settle-seconds': count(own.settleSeconds, 0, hour, 'what changed less than this ago is not judged'),
  'new-node-seconds': count(own.newNodeSeconds, 0, hour, 'a node younger than this is not asked'),
  'lease-fresh-seconds': count(own.leaseFreshSeconds, 1, hour, "age up to which a kubelet's Lease is fresh"),
  'asked-for-interval-seconds': count(
    own.askedForIntervalSeconds,
    0,
    hour,
    'least time between the starts of two runs of an audit that people asked for',
  ),
  'refuse-after-seconds': count(own.refuseAfterSeconds, 0, hour, 'how long a run may wait for its audit'),
  'report-margin-seconds': count(
    own.reportMarginSeconds,
    1,
    20,
    'how long before the deadline of a run its probes end',
  ),
  'job-ttl-seconds': count(own.jobTtlSeconds, 0, 7 * 24 * hour, 'ttlSecondsAfterFinished of probe Jobs'),
  'cluster-domain': formed(
    "DNS domain of the cluster; by default that of the operator's own resolv.conf",
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    "a domain without a final dot, as in 'cluster.local'",
  ),
  'dns-service': formed(
    'DNS Service of the cluster; by default found by its name or label',
    /^[a-z0-9][-a-z0-9]*\/[a-z0-9][-a-z0-9]*$/,
    "namespace and name of a Service, as in 'kube-system/kube-dns'",
  ),
  kubeconfig: text('', 'kubeconfig file; by default as kubectl, or as a Pod is given'),
  'http-host': text('', 'address of metrics and health; by default all, of both families'),
  'http-port': count(8080, 0, 65_535, 'port of metrics and health; 0 for any that is free'),
  concurrency: count(4, 1, 64, 'how many audits are reconciled at a time'),
  'lease-name': text(objects.lease, 'Lease by which replicas choose a leader, in the Pod namespace'),
  'lease-seconds': count(15, 1, hour, 'after which another replica may lead'),
  'renew-deadline-seconds': count(10, 1, hour, 'after which a leader that cannot renew gives up'),
  'retry-seconds': count(2, 1, 60, 'between two tries to lead or renew'),
  identity: text('', 'name of this replica; by default POD_NAME or the host name'),
  'log-level': text('info', 'level of the log', ['error', 'warn', 'info', 'debug']),
  'request-timeout-seconds': count(15, 1, 300, 'how long an answer of the API server may take'),
  'watch-silence-seconds': count(100, 1, hour, 'after which a watch that says nothing is begun anew'),
} as const satisfies Readonly<Record<string, Flag>>;

/** FlagName is the name of a flag, without its dashes. */
export type FlagName = keyof typeof flags;
