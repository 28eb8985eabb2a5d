/** What `decide` may ask for: plain data, carried out in order by cluster/apply. */
import type { NetworkAuditRunStatus, NetworkAuditStatus, NewNetworkAuditRun } from '../api/v1alpha1/index.ts';

/** Action is one write (or one look) that must happen next. */
export type Action =
  | CreateRun
  | DeleteRun
  | WriteRunStatus
  | CreateJob
  | DeleteProbes
  | ReadLog
  | ReadRefusal
  | WriteAuditStatus
  | EmitEvent;

/**
 * Decision is what `decide` returns: the actions in order, and when to look again at the latest. The first action that
 * fails ends the decision: the next world decides what is still to be done.
 */
export interface Decision {
  readonly actions: readonly Action[];
  /** again is the time (RFC 3339) at which the world must be looked at even if nothing changes. */
  readonly again?: string;
}

/** CreateRun makes a run of a deterministic name; AlreadyExists with our owner reference is success. */
export interface CreateRun {
  readonly type: 'CreateRun';
  readonly run: NewNetworkAuditRun;
}

/** DeleteRun deletes one run, in the background, if it still has this uid. */
export interface DeleteRun {
  readonly type: 'DeleteRun';
  readonly name: string;
  readonly uid: string;
}

/** WriteRunStatus replaces a run's status; `resourceVersion` makes a stale write a conflict. */
export interface WriteRunStatus {
  readonly type: 'WriteRunStatus';
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly status: NetworkAuditRunStatus;
  /** adopt is the owner reference (and labels) to add first, for a run that a person made. */
  readonly adopt?: { readonly auditUid: string };
}

/** CreateJob creates one probe Job; AlreadyExists with the run as owner is success. */
export interface CreateJob {
  readonly type: 'CreateJob';
  readonly job: JobManifest;
}

/** JobManifest is the whole batch/v1 Job, as `plan/job` makes it. */
export interface JobManifest {
  readonly apiVersion: 'batch/v1';
  readonly kind: 'Job';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly object[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** DeleteProbes deletes all Jobs of a run in one deletecollection a namespace, in the background. */
export interface DeleteProbes {
  readonly type: 'DeleteProbes';
  readonly namespace: string;
  readonly runUid: string;
}

/**
 * ReadLog reads lines of a Pod's stdout into the next world: the answer, because its termination message says that it is
 * there, or what a judge wants beside it. Each of the two is read once for each Pod, whatever else is wanted later.
 */
export interface ReadLog {
  readonly type: 'ReadLog';
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  /** keep tells the lines by the length of the answer's, or by what those that are wanted begin with. */
  readonly keep: { readonly length: number } | { readonly beginnings: readonly string[] };
}

/** ReadRefusal reads the events of a Job that has no Pod into the next world. */
export interface ReadRefusal {
  readonly type: 'ReadRefusal';
  readonly namespace: string;
  readonly job: string;
  readonly jobUid: string;
}

/** WriteAuditStatus replaces the audit's status. */
export interface WriteAuditStatus {
  readonly type: 'WriteAuditStatus';
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly status: NetworkAuditStatus;
}

/** EmitEvent records an Event about the audit or a run, on change only. */
export interface EmitEvent {
  readonly type: 'EmitEvent';
  readonly about: {
    readonly kind: 'NetworkAudit' | 'NetworkAuditRun';
    readonly name: string;
    readonly uid: string;
  };
  readonly eventType: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** action is what the controller was doing, as events.k8s.io/v1 asks: `Plan`, `Judge`, … */
  readonly action: string;
}
