/** The world as one reconcile sees it: everything that was read, reduced to what decisions need. Plain data. */
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import type { Place, PodDNS, PolicyView } from '../checks/check.ts';
import type { ClusterView } from '../checks/cluster-view.ts';
import type { LabelRequirement } from './selector.ts';

/** World is what `decide` decides from, for one audit. Times are RFC 3339 strings as the API gives them. */
export interface World {
  /** audit is absent when it was deleted. */
  readonly audit?: NetworkAudit;
  /** runs are all the runs whose `spec.auditName` is this audit, in no particular order. */
  readonly runs: readonly NetworkAuditRun[];
  /** otherRuns are runs of other audits that are named as those of this one are, each with its audit. */
  readonly otherRuns: ReadonlyMap<string, string>;
  readonly nodes: readonly NodeView[];
  readonly responders: readonly ResponderView[];
  /** responderSet is the responder DaemonSet's placement, absent when it is not installed. */
  readonly responderSet?: ResponderSetView;
  /** jobs are the probe Jobs that carry this audit's label. */
  readonly jobs: readonly JobView[];
  /** probePods are the Pods that carry this audit's label. */
  readonly probePods: readonly ProbePodView[];
  readonly policies: readonly PolicyView[];
  /** cluster is what the API says of Services, endpoints and DNS. */
  readonly cluster: ClusterView;
  /** otherJobs counts the probe Jobs of all other audits that have not finished. */
  readonly otherJobs: number;
  /** otherProbes counts the probes that the open runs of all other audits have planned, their Jobs made yet or not. */
  readonly otherProbes: number;
}

/** NodeView is a Node, reduced. */
export interface NodeView {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly creationTime: string;
  readonly deleting: boolean;
  /** ready is the status of the Ready condition. */
  readonly ready: 'True' | 'False' | 'Unknown';
  /** readySince is since when it has that status. */
  readonly readySince?: string;
  readonly unschedulable: boolean;
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  /** os is `status.nodeInfo.operatingSystem`. */
  readonly os: string;
  /** podCIDRs are `spec.podCIDRs`, absent where there are none. */
  readonly podCIDRs?: readonly string[];
  /** leaseRenewTime is `spec.renewTime` of the kubelet's Lease in kube-node-lease, absent when there is none. */
  readonly leaseRenewTime?: string;
}

/** ResponderView is a responder Pod, reduced. */
export interface ResponderView {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly addresses: readonly string[];
  readonly ready: boolean;
  /** readySince is since when its Ready condition has the status that it has. */
  readonly readySince?: string;
  readonly deleting: boolean;
  /** foreignContainers are names of containers that the product did not put there (a mesh's, say). */
  readonly foreignContainers: readonly string[];
}

/** ResponderSetView tells on which nodes the responder DaemonSet belongs. */
export interface ResponderSetView {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  /** terms are those of the required node affinity, of which a node must meet one; absent where there is none. */
  readonly terms?: readonly NodeTerm[];
}

/** NodeTerm is corev1.NodeSelectorTerm: all its requirements must be met, and one without any is met by no node. */
export interface NodeTerm {
  readonly labels: readonly LabelRequirement[];
  /** fields are requirements on `metadata.name`, the only field that there is. */
  readonly fields: readonly LabelRequirement[];
}

/** Toleration is corev1.Toleration. */
export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** JobView is a probe Job, reduced. */
export interface JobView {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly node: string;
  readonly place: Place;
  /** runUid is the uid of the run that owns it: evidence counts only along run → Job → Pod. */
  readonly runUid: string;
  readonly creationTime: string;
  /** finished is the terminal condition's type, and its reason. */
  readonly finished?: {
    readonly type: 'Complete' | 'Failed';
    readonly reason: string;
    readonly message: string;
  };
  /** refusal is the message of the last FailedCreate event, read only for a Job that has no Pod. */
  readonly refusal?: string;
}

/** ProbePodView is a probe's Pod, reduced. */
export interface ProbePodView {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly jobUid: string;
  readonly node?: string;
  readonly phase: string;
  /** reason is `status.reason`: Evicted, DeadlineExceeded, Preempting, NodeLost, … */
  readonly reason?: string;
  readonly message?: string;
  readonly addresses: readonly string[];
  readonly deleting: boolean;
  readonly foreignContainers: readonly string[];
  readonly dns: PodDNS;
  /** scheduled is the PodScheduled condition when it is not True. */
  readonly unscheduled?: { readonly reason: string; readonly message: string };
  /** waiting is the probe container's waiting state. */
  readonly waiting?: { readonly reason: string; readonly message: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason: string;
    readonly signal?: number;
    /** message is the termination message: the answer, or where it is. */
    readonly message: string;
  };
  /** log is the answer read from stdout, only for Pods whose termination message says that it is there. */
  readonly log?: { readonly text: string } | { readonly error: string };
  /** details are the lines of its log that a judge wanted, and some of their kind; absent until they were read. */
  readonly details?: { readonly lines: readonly string[] } | { readonly error: string };
}
