/** The contract of a kind of check: everything that is particular to a kind is behind it. */
import type { CheckSpec, CheckType, Plan, PlannedCheck } from '../api/v1alpha1/index.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Verdict } from './verdict.ts';

/** Place is where a kind's probe runs: in an ordinary Pod, or in the node's own network. */
export type Place = 'pod' | 'node';

/** Task is the question that one probe is asked for one check: plain JSON. */
export type Task = { readonly [field: string]: unknown };

/** Check is one kind of check, as the operator sees it. All of it is pure. */
export interface Check {
  readonly type: CheckType;
  readonly place: Place;
  /** asksPeers tells a kind whose questions go to the responders on other nodes. */
  readonly asksPeers: boolean;
  /** withDefaults fills in every option that the audit left out, and whom to ask: what a plan records. */
  withDefaults(spec: CheckSpec, cluster: ClusterView): PlannedCheck;
  /** task is what the probe on `node` is asked, or undefined where there is nothing to ask. Same plan, same task. */
  task(plan: Plan, check: PlannedCheck, node: string): Task | undefined;
  /** judge gives a verdict for every question that the plan asked, whatever became of the probes. */
  judge(input: JudgeInput): readonly Verdict[];
  /**
   * wantsLog names the nodes whose probe's log must be read before the judge can tell, each with the beginnings of the
   * lines that are kept of it. Without it, or with an empty map, no log is read. A log is read once: when the API changed
   * meanwhile and the judge wants other lines, it finds them only where those with the same first two words were few.
   */
  wantsLog?(input: JudgeInput): ReadonlyMap<string, readonly string[]>;
}

/** JudgeInput is all that a judge may know. */
export interface JudgeInput {
  readonly plan: Plan;
  readonly check: PlannedCheck;
  /** reports holds one entry for each planned node that has this check's place. */
  readonly reports: ReadonlyMap<string, Report>;
  readonly api: ApiView;
}

/** Report is what became of one node's probe. */
export type Report =
  | {
      readonly kind: 'Answered';
      /** evidence is the kind's own part of the answer, not yet validated: the judge's parser does that. */
      readonly evidence: unknown;
      /** podAddresses are the `status.podIPs` of the probe's Pod. */
      readonly podAddresses: readonly string[];
      /** complete is false while the probe had not ended when this was read (it rewrites its answer as it goes). */
      readonly complete: boolean;
      /** log is what `wantsLog` asked for, once it was read; or why it could not be. */
      readonly log?: { readonly lines: readonly string[] } | { readonly error: string };
    }
  | {
      /** Lost: there is no answer; reason says why (`NoReport`, `ProbeNotScheduled`, `PodRefused`, …). */
      readonly kind: 'Lost';
      readonly reason: string;
      readonly message: string;
    }
  | {
      /** Gone: the node went away, was drained or became NotReady while the run went on. */
      readonly kind: 'Gone';
      readonly message: string;
    };

/** ApiView is what the API server said around the moment of the observation. */
export interface ApiView {
  /** gone names the nodes that were deleted, drained or NotReady during the run, with a sentence each. */
  readonly gone: ReadonlyMap<string, string>;
  /** settling names the nodes that became Ready during the run or so shortly before it that a failure may be of that. */
  readonly settling: ReadonlyMap<string, string>;
  /** targets tells of each planned target (by node) whether its responder Pod is still the planned one and ready. */
  readonly targets: ReadonlyMap<string, TargetState>;
  /** denied names, for the direction, a NetworkPolicy (`namespace/name`) that selects our Pods and is not ours. */
  readonly policies: readonly PolicyView[];
  /** cluster is what the API says of Services, endpoints and DNS. */
  readonly cluster: ClusterView;
  /** settledTime is a settle window before the run began: what changed after it was not settled. */
  readonly settledTime: Date;
  /** judgedTime is the moment of the look. */
  readonly judgedTime: Date;
  /** probeDNS says of each node how its probe's Pod asks for names, by the Pod that the API shows. */
  readonly probeDNS: ReadonlyMap<string, PodDNS>;
}

/** PodDNS is how a Pod asks for names: its policy, and whether somebody gave it a configuration of its own. */
export interface PodDNS {
  readonly policy: string;
  /** configured is true where `spec.dnsConfig` names servers, searches or options. */
  readonly configured: boolean;
}

/** TargetState is what the API says of a planned responder Pod. */
export type TargetState =
  | { readonly kind: 'Ready' }
  /** Changed: it is another one now, or became ready during the run or within the settle window before it. */
  | { readonly kind: 'Changed'; readonly message: string }
  | { readonly kind: 'NotReady'; readonly message: string }
  /** Mutated: it has containers that are not ours, which may carry its traffic. */
  | { readonly kind: 'Mutated'; readonly message: string };

/** PolicyView is a NetworkPolicy, not shipped with the product, that selects Pods of ours. */
export interface PolicyView {
  readonly name: string;
  /** selects tells which of our Pods it selects. */
  readonly selects: readonly ('probe' | 'responder')[];
  /** denies tells which direction it can deny: by its policyTypes, without a rule that admits our traffic. */
  readonly denies: readonly ('Ingress' | 'Egress')[];
}
