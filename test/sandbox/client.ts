/** The sandbox's view of its own API: what controllers and kubelets use, answered by the same code as HTTPS. */

/** JsonValue is anything that JSON can hold. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** ObjectMeta holds the metadata fields that the sandbox itself reads or writes. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** OwnerReference is metav1.OwnerReference. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** KubeObject is any stored object. Typed views of Pods, Jobs and so on extend it where they are used. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Resource names one API resource, as in a URL. The core group is ''. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
}

/** WatchEvent is one event of a watch. */
export interface WatchEvent<T extends KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: T;
}

/** Selector limits a list or a watch, in the query syntax of Kubernetes. */
export interface Selector {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** DeleteOptions are the parts of metav1.DeleteOptions that the sandbox's own controllers use. */
export interface DeleteOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/**
 * Client reaches the sandbox's API server in process, under one user's name: admission, validation, RBAC and
 * resourceVersion conflicts are the same as over HTTPS. Every method rejects with an `ApiError` (see api/errors.ts)
 * that has the `code` and `reason` of the Status a remote client would have got.
 */
export interface Client {
  get<T extends KubeObject>(resource: Resource, namespace: string, name: string): Promise<T>;
  list<T extends KubeObject>(
    resource: Resource,
    selector?: Selector,
  ): Promise<{ items: T[]; resourceVersion: string }>;
  create<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** update replaces the object; `metadata.resourceVersion`, if set, must be the present one (409 otherwise). */
  update<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** updateStatus replaces the status subresource only. */
  updateStatus<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** patch applies a JSON merge patch (RFC 7386). */
  patch<T extends KubeObject>(
    resource: Resource,
    namespace: string,
    name: string,
    patch: JsonValue,
    subresource?: string,
  ): Promise<T>;
  delete(resource: Resource, namespace: string, name: string, options?: DeleteOptions): Promise<void>;
  /** bind is POST pods/NAME/binding: it sets `spec.nodeName` and the PodScheduled condition. */
  bind(namespace: string, pod: string, node: string): Promise<void>;
  /**
   * watch calls `handler` with every present object as ADDED and then with each change, in order; the returned
   * function ends it. It never misses a change and never closes by itself.
   */
  watch<T extends KubeObject>(
    resource: Resource,
    selector: Selector,
    handler: (event: WatchEvent<T>) => void,
  ): () => void;
}

/** PodLogs is where the API server reads a container's log from: the sandbox's kubelets implement it. */
export interface PodLogs {
  /** read resolves to the whole log of one container, or rejects with an ApiError (400 while it is being created). */
  read(namespace: string, pod: string, container: string, options: { previous: boolean }): Promise<Buffer>;
}

/** PodProxy carries `pods/NAME:PORT/proxy/PATH` to a Pod: the sandbox's kubelets implement it. */
export interface PodProxy {
  get(
    namespace: string,
    pod: string,
    port: number,
    path: string,
  ): Promise<{ status: number; contentType: string; body: Buffer }>;
}
