/** The names that everything of ours goes by: the API group, labels, components, and what runs and Jobs are called. */
import { createHash } from 'node:crypto';

/** group is the API group of both kinds. */
export const group = 'netaudit.dev';
/** version is the API version of both kinds. */
export const version = 'v1alpha1';
/** apiVersion is group and version, as manifests write them. */
export const apiVersion = 'netaudit.dev/v1alpha1';
/** category lets `kubectl get netaudits` list both kinds at once; `netaudit` alone is the short name of one of them. */
export const category = 'netaudits';

/** kinds are the names of our kinds in every form that Kubernetes asks for. */
export const kinds = {
  audit: {
    kind: 'NetworkAudit',
    listKind: 'NetworkAuditList',
    singular: 'networkaudit',
    plural: 'networkaudits',
    shortName: 'netaudit',
  },
  run: {
    kind: 'NetworkAuditRun',
    listKind: 'NetworkAuditRunList',
    singular: 'networkauditrun',
    plural: 'networkauditruns',
    shortName: 'netauditrun',
  },
} as const;

/** labels are the keys of the labels on what belongs to a run; each says what its value is. */
export const labels = {
  /** run is the name of the run. */
  run: 'netaudit.dev/run',
  /** runUid is the uid of the run: the one to select by, since names come back. */
  runUid: 'netaudit.dev/run-uid',
  /** audit is the name of the audit. */
  audit: 'netaudit.dev/audit',
  /** place is where the probe runs: `pod` or `node`. */
  place: 'netaudit.dev/place',
  /** node is the name of the node that is probed from, as `labelValue` writes it. */
  node: 'netaudit.dev/node',
  /** name is Kubernetes' recommended label for the application. */
  name: 'app.kubernetes.io/name',
  /** component is Kubernetes' recommended label for the part: one of `components`. */
  component: 'app.kubernetes.io/component',
  /** managedBy is Kubernetes' recommended label for who made it. */
  managedBy: 'app.kubernetes.io/managed-by',
  /** partOf is Kubernetes' recommended label for the whole. */
  partOf: 'app.kubernetes.io/part-of',
} as const;

/** product is the value of `app.kubernetes.io/name` and `part-of` on everything of ours. */
export const product = 'netaudit';

/** components are the values of `app.kubernetes.io/component`. */
export const components = { operator: 'operator', responder: 'responder', probe: 'probe' } as const;

/** productLabels are the recommended labels of one component. */
export function productLabels(component: keyof typeof components): Readonly<Record<string, string>> {
  return {
    [labels.name]: product,
    [labels.component]: components[component],
    [labels.partOf]: product,
  };
}

/** namespaces are where the product is installed by default: `pod` under restricted, `node` under privileged. */
export const namespaces = { pod: 'netaudit', node: 'netaudit-node' } as const;

/** objects are the names of what is installed beside the CRDs. */
export const objects = {
  operator: 'netaudit-operator',
  responder: 'netaudit-responder',
  priorityClass: 'netaudit-probe',
  lease: 'netaudit-operator',
} as const;

/** longestLabel is the bound of a DNS label and of a label's value: names of Jobs must be both. */
const longestLabel = 63;
const hashLength = 10;

/** runName names the run that is due at a time, as CronJob names its Jobs: minutes since 1970. */
export function runName(auditName: string, due: Date): string {
  return `${auditName}-${Math.floor(due.getTime() / 60_000)}`;
}

/** runNameOfGeneration names the one run that an audit without a schedule makes for each generation of its spec. */
export function runNameOfGeneration(auditName: string, generation: number): string {
  return `${auditName}-g${generation}`;
}

/**
 * jobName names the Job that probes from one node at one place for one run. It is the same for the same run, so that a
 * Job is never made twice, and another for a later run of the same name, since the run's uid is in the hash.
 * It is a DNS label, since the Job controller puts it into labels and names of Pods.
 */
export function jobName(
  run: { readonly name: string; readonly uid: string },
  place: 'pod' | 'node',
  node: string,
): string {
  const words = `${run.name}-${place}-${node}`.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  const kept = words.slice(0, longestLabel - hashLength - 1);
  return `${trimDashes(kept)}-${hash(`${run.uid}/${place}/${node}`)}`;
}

/** labelValue writes any text as a label's value: as it is where that is allowed, else cut and told apart by a hash. */
export function labelValue(text: string): string {
  if (text.length <= longestLabel && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(text)) return text;
  const words = text.slice(0, longestLabel - hashLength - 1).replace(/[^A-Za-z0-9_.-]/g, '-');
  const kept = words.replace(/^[^A-Za-z0-9]+/, '');
  return kept === '' ? hash(text) : `${kept}-${hash(text)}`;
}

/** trimDashes leaves a text that starts with a letter or digit, as a DNS label must. */
function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, '');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashLength);
}
