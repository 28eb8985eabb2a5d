/** What the operator's flags decide for all audits: one plain object, made by the entry point. */

/** Settings are the operator's own choices; everything that an audit chooses is in its spec. */
export interface Settings {
  /** image is the product's image, which probe Jobs run. */
  readonly image: string;
  /** imagePullPolicy is the probe container's, as in corev1.Container. */
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** podNamespace is where responders and `pod` probes run (Pod Security `restricted`). */
  readonly podNamespace: string;
  /** nodeNamespace is where `node` probes run (Pod Security `privileged`). */
  readonly nodeNamespace: string;
  /** priorityClassName is the PriorityClass of probe Pods; empty for none. */
  readonly priorityClassName: string;
  /** probeServiceAccountName is the ServiceAccount (without rights, without a token) of probe Pods. */
  readonly probeServiceAccountName: string;
  /** jobCap bounds the probe Jobs, of all audits together, that have not finished. */
  readonly jobCap: number;
  /** settleSeconds is the settle window: what changed less than this before it was looked at is not judged. */
  readonly settleSeconds: number;
  /** newNodeSeconds is the age below which a node is brand-new and not yet asked. */
  readonly newNodeSeconds: number;
  /** leaseFreshSeconds is the age up to which a kubelet's Lease counts as fresh (the node controller's own is 40). */
  readonly leaseFreshSeconds: number;
  /** askedForIntervalSeconds is the least time between the starts of two runs of one audit that people asked for. */
  readonly askedForIntervalSeconds: number;
  /** refuseAfterSeconds is how long a run may wait for its audit to appear before it is refused. */
  readonly refuseAfterSeconds: number;
  /** reportMarginSeconds is how long before the run's deadline the probes must have ended. */
  readonly reportMarginSeconds: number;
  /** clusterDomain is the DNS domain of the cluster, without a final dot; the entry point fills it in where it is empty. */
  readonly clusterDomain: string;
  /** dnsService is `namespace/name` of the DNS Service; empty where it is found by the names that distributions use. */
  readonly dnsService: string;
  /** jobTtlSeconds is `ttlSecondsAfterFinished` of probe Jobs: it only tidies up when the operator does not. */
  readonly jobTtlSeconds: number;
}

/** defaultSettings are what the operator's flags default to. */
export const defaultSettings: Settings = {
  image: 'ghcr.io/netaudit/netaudit:dev',
  imagePullPolicy: 'IfNotPresent',
  podNamespace: 'netaudit',
  nodeNamespace: 'netaudit-node',
  priorityClassName: 'netaudit-probe',
  probeServiceAccountName: 'default',
  jobCap: 400,
  settleSeconds: 90,
  newNodeSeconds: 60,
  leaseFreshSeconds: 60,
  askedForIntervalSeconds: 60,
  refuseAfterSeconds: 5,
  reportMarginSeconds: 10,
  clusterDomain: 'cluster.local',
  dnsService: '',
  jobTtlSeconds: 3600,
};
