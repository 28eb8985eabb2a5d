/** Every list that the operator follows, and the store of each: all that it knows of the cluster between requests. */

import { components, labels, objects, product } from '../api/names.ts';
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import type { Corefile } from '../checks/cluster-view.ts';
import { responderPort } from '../checks/pod-to-pod/task.ts';
import type { JobView, NodeView, ProbePodView, ResponderSetView, ResponderView } from '../plan/world.ts';
import { auditView, runView } from './custom.ts';
import {
  allServices,
  allSlices,
  coreDNSConfig,
  corefileView,
  nodeLocalPods,
  readyNode,
} from './dns-sources.ts';
import { type JsonObject, objectAt, textMapOf, textOf } from './json.ts';
import { type PolicyEntry, policyEntry } from './policies.ts';
import type { Source } from './reflector.ts';
import {
  daemonSets,
  jobs,
  networkAuditRuns,
  networkAudits,
  networkPolicies,
  nodes,
  pods,
} from './resources.ts';
import { type Dated, type ServiceEntry, type SliceEntry, serviceEntry, sliceEntry } from './service-view.ts';
import { Store } from './store.ts';
import { jobView, nodeView, probePodView, responderSetView, responderView } from './views.ts';

/** Scope is where the operator's own objects live. */
export interface Scope {
  readonly podNamespace: string;
  readonly nodeNamespace: string;
}

/** JobEntry is a probe Job with the value of its audit label, which is the audit's name or stands for it. */
export interface JobEntry {
  readonly auditLabel: string;
  readonly view: JobView;
}

/** ProbePodEntry is a probe's Pod with the value of its audit label. */
export interface ProbePodEntry {
  readonly auditLabel: string;
  readonly view: ProbePodView;
}

/** Caches are the stores, and the sources that fill them. */
export interface Caches {
  readonly audits: Store<NetworkAudit>;
  readonly runs: Store<NetworkAuditRun>;
  readonly nodes: Store<NodeView>;
  readonly responders: Store<ResponderView>;
  /** responderSets holds the responder DaemonSet, or nothing. */
  readonly responderSets: Store<ResponderSetView>;
  /** jobs and probePods are kept by namespace. */
  readonly jobs: ReadonlyMap<string, Store<JobEntry>>;
  readonly probePods: ReadonlyMap<string, Store<ProbePodEntry>>;
  readonly policies: Store<PolicyEntry>;
  readonly services: Store<Dated<ServiceEntry>>;
  readonly slices: Store<Dated<SliceEntry>>;
  /** cachePods holds the node of each ready Pod of NodeLocal DNSCache. */
  readonly cachePods: Store<string>;
  /** corefiles holds the DNS server's own configuration, or nothing. */
  readonly corefiles: Store<Corefile>;
  /** sources are what must be followed, one reflector each. */
  readonly sources: readonly Following[];
  /** synced tells whether every store was filled once, or, of what audits can do without, could not be. */
  readonly synced: () => boolean;
  /** refused takes that a list was forbidden or is not served; it tells whether audits can do without, and whether that is news. */
  readonly refused: (selection: Source<unknown>['selection']) => 'Needed' | 'New' | 'Known';
}

/** Following is a source whose kind of view does not matter to who follows it. */
export interface Following {
  readonly selection: Source<unknown>['selection'];
  readonly start: (follow: <View>(source: Source<View>) => Promise<void>) => Promise<void>;
  readonly synced: () => boolean;
}

/** jobEntry reduces a probe Job. */
export function jobEntry(job: JsonObject): JobEntry {
  return { auditLabel: labelOf(job, labels.audit), view: jobView(job) };
}

/** probePodEntry reduces a probe's Pod. */
export function probePodEntry(pod: JsonObject): ProbePodEntry {
  return { auditLabel: labelOf(pod, labels.audit), view: probePodView(pod) };
}

/** createCaches makes empty stores and the sources that fill them. */
export function createCaches({ podNamespace, nodeNamespace }: Scope): Caches {
  const audits = new Store<NetworkAudit>();
  const runs = new Store<NetworkAuditRun>();
  const nodeStore = new Store<NodeView>();
  const responders = new Store<ResponderView>();
  const responderSets = new Store<ResponderSetView>();
  const policies = new Store<PolicyEntry>();
  const serviceStore = new Store<Dated<ServiceEntry>>();
  const slices = new Store<Dated<SliceEntry>>();
  const cachePods = new Store<string>();
  const corefiles = new Store<Corefile>();
  const namespaces = [...new Set([podNamespace, nodeNamespace])];
  const jobStores = new Map(namespaces.map((namespace) => [namespace, new Store<JobEntry>()]));
  const podStores = new Map(namespaces.map((namespace) => [namespace, new Store<ProbePodEntry>()]));
  const responderPods = {
    resource: pods,
    namespace: podNamespace,
    labelSelector: `${labels.name}=${product},${labels.component}=${components.responder}`,
  };
  const responderSet = {
    resource: daemonSets,
    namespace: podNamespace,
    fieldSelector: `metadata.name=${objects.responder}`,
  };
  const sources = [
    following({ selection: { resource: networkAudits }, store: audits, view: auditView }),
    following({ selection: { resource: networkAuditRuns }, store: runs, view: runView }),
    following({ selection: { resource: nodes }, store: nodeStore, view: nodeView }),
    following({ selection: responderPods, store: responders, view: responderView }),
    following({ selection: responderSet, store: responderSets, view: responderSetView }),
    following({
      selection: { resource: networkPolicies, namespace: podNamespace },
      store: policies,
      view: (policy) => policyEntry(policy, responderPort),
    }),
    following({ selection: allServices, store: serviceStore, view: serviceEntry }),
    following({ selection: allSlices, store: slices, view: sliceEntry }),
    following({ selection: nodeLocalPods, store: cachePods, view: readyNode }),
    following({ selection: coreDNSConfig, store: corefiles, view: corefileView }),
    ...[...jobStores].map(([namespace, store]) => {
      const selection = { resource: jobs, namespace, labelSelector: labels.runUid };
      return following({ selection, store, view: jobEntry });
    }),
    ...[...podStores].map(([namespace, store]) => {
      const selection = { resource: pods, namespace, labelSelector: labels.runUid };
      return following({ selection, store, view: probePodEntry });
    }),
  ];
  const dispensable = new Set<Source<unknown>['selection']>([
    allServices,
    allSlices,
    nodeLocalPods,
    coreDNSConfig,
  ]);
  const without = new Set<Source<unknown>['selection']>();
  return {
    audits,
    runs,
    nodes: nodeStore,
    responders,
    responderSets,
    jobs: jobStores,
    probePods: podStores,
    policies,
    services: serviceStore,
    slices,
    cachePods,
    corefiles,
    sources,
    synced: () => sources.every((source) => source.synced() || without.has(source.selection)),
    refused: (selection) => {
      if (!dispensable.has(selection)) return 'Needed';
      if (without.has(selection)) return 'Known';
      without.add(selection);
      return 'New';
    },
  };
}

function following<View>(source: Source<View>): Following {
  return {
    selection: source.selection,
    start: (follow) => follow(source),
    synced: () => source.store.synced,
  };
}

function labelOf(object: JsonObject, label: string): string {
  return textOf(textMapOf(objectAt(object, 'metadata').labels)[label]);
}
