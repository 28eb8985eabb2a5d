/** The two kinds as whole objects, as the API server returns them and as the operator creates them. */
import type { NetworkAuditRunSpec, NetworkAuditRunStatus } from './run.ts';
import type { Time } from './scalars.ts';
import type { NetworkAuditSpec } from './spec.ts';
import type { NetworkAuditStatus } from './status.ts';

/** NetworkAudit is what to check, where and how often. */
export interface NetworkAudit {
  readonly apiVersion: 'netaudit.dev/v1alpha1';
  readonly kind: 'NetworkAudit';
  readonly metadata: ObjectMeta;
  readonly spec: NetworkAuditSpec;
  readonly status?: NetworkAuditStatus;
}

/** NetworkAuditRun is one execution of an audit, its plan and its results. */
export interface NetworkAuditRun {
  readonly apiVersion: 'netaudit.dev/v1alpha1';
  readonly kind: 'NetworkAuditRun';
  readonly metadata: ObjectMeta;
  readonly spec: NetworkAuditRunSpec;
  readonly status?: NetworkAuditRunStatus;
}

/** NewNetworkAuditRun is a run as it is created: the API server adds the rest of its metadata. */
export interface NewNetworkAuditRun {
  readonly apiVersion: 'netaudit.dev/v1alpha1';
  readonly kind: 'NetworkAuditRun';
  readonly metadata: NewObjectMeta;
  readonly spec: NetworkAuditRunSpec;
}

/** NewObjectMeta is the metadata that a creator decides. */
export interface NewObjectMeta {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** ObjectMeta is the part of `metav1.ObjectMeta` that the product reads, of an object that the API server holds. */
export interface ObjectMeta extends NewObjectMeta {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: Time;
  readonly deletionTimestamp?: Time;
}

/** OwnerReference is `metav1.OwnerReference`. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}
