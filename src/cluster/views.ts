/** How objects of other components are reduced to the world's views, right when they are read. */
import { labels as names } from '../api/names.ts';
import type { Place, PodDNS } from '../checks/check.ts';
import { probeContainer } from '../plan/job.ts';
import type {
  JobView,
  NodeTerm,
  NodeView,
  ProbePodView,
  ResponderSetView,
  ResponderView,
} from '../plan/world.ts';
import {
  type JsonObject,
  numberOf,
  objectAt,
  objectsOf,
  optionalText,
  textMapOf,
  textOf,
  textsOf,
} from './json.ts';

/** responderContainer is the only container of a responder Pod that is ours. */
export const responderContainer = 'responder';

/** nodeView reduces a Node: images, addresses and heartbeats are what makes one large and ever changing. */
export function nodeView(node: JsonObject): NodeView {
  const metadata = objectAt(node, 'metadata');
  const spec = objectAt(node, 'spec');
  const given = textsOf(spec.podCIDRs);
  const podCIDRs = given.length > 0 ? given : textsOf([spec.podCIDR]);
  return {
    name: textOf(metadata.name),
    uid: textOf(metadata.uid),
    labels: textMapOf(metadata.labels),
    creationTime: textOf(metadata.creationTimestamp),
    deleting: metadata.deletionTimestamp !== undefined,
    ready: statusOf(conditionOf(node, 'Ready')),
    ...optional('readySince', optionalText(conditionOf(node, 'Ready').lastTransitionTime)),
    unschedulable: spec.unschedulable === true,
    taints: objectsOf(spec.taints).map(({ key, value, effect }) => ({
      key: textOf(key),
      effect: textOf(effect),
      ...optional('value', optionalText(value)),
    })),
    os: textOf(objectAt(node, 'status', 'nodeInfo').operatingSystem),
    ...optional('podCIDRs', podCIDRs.length === 0 ? undefined : podCIDRs),
  };
}

/** responderView reduces a responder Pod. */
export function responderView(pod: JsonObject): ResponderView {
  const metadata = objectAt(pod, 'metadata');
  return {
    name: textOf(metadata.name),
    uid: textOf(metadata.uid),
    node: textOf(objectAt(pod, 'spec').nodeName),
    addresses: addressesOf(pod),
    ready: statusOf(conditionOf(pod, 'Ready')) === 'True',
    ...optional('readySince', optionalText(conditionOf(pod, 'Ready').lastTransitionTime)),
    deleting: metadata.deletionTimestamp !== undefined,
    foreignContainers: foreignContainers(pod, responderContainer),
  };
}

/** responderSetView reduces the responder DaemonSet to where its Pods belong. */
export function responderSetView(daemonSet: JsonObject): ResponderSetView {
  const spec = objectAt(daemonSet, 'spec', 'template', 'spec');
  const required = requiredOf(spec);
  return {
    nodeSelector: textMapOf(spec.nodeSelector),
    tolerations: objectsOf(spec.tolerations).map(({ key, operator, value, effect }) => ({
      ...optional('key', optionalText(key)),
      ...optional('operator', optionalText(operator)),
      ...optional('value', optionalText(value)),
      ...optional('effect', optionalText(effect)),
    })),
    ...optional('terms', 'nodeSelectorTerms' in required ? termsOf(required) : undefined),
  };
}

function requiredOf(podSpec: JsonObject): JsonObject {
  return objectAt(podSpec, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
}

function termsOf(required: JsonObject): NodeTerm[] {
  const requirements = (value: unknown) =>
    objectsOf(value).map(({ key, operator, values }) => ({
      key: textOf(key),
      operator: textOf(operator),
      values: textsOf(values),
    }));
  return objectsOf(required.nodeSelectorTerms).map(({ matchExpressions, matchFields }) => ({
    labels: requirements(matchExpressions),
    fields: requirements(matchFields),
  }));
}

/** jobView reduces a probe Job; its question, which may be 96 KiB, stays with the API server. */
export function jobView(job: JsonObject): JobView {
  const metadata = objectAt(job, 'metadata');
  const labels = textMapOf(metadata.labels);
  const finished = objectsOf(objectAt(job, 'status').conditions).find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  return {
    name: textOf(metadata.name),
    namespace: textOf(metadata.namespace),
    uid: textOf(metadata.uid),
    node: pinnedNode(objectAt(job, 'spec', 'template', 'spec')),
    place: placeOf(labels),
    runUid: ownerUid(metadata, 'NetworkAuditRun'),
    creationTime: textOf(metadata.creationTimestamp),
    ...optional('finished', finished && finishedView(finished)),
  };
}

/** probePodView reduces a probe's Pod. */
export function probePodView(pod: JsonObject): ProbePodView {
  const metadata = objectAt(pod, 'metadata');
  const status = objectAt(pod, 'status');
  const scheduled = conditionOf(pod, 'PodScheduled');
  const container = objectsOf(status.containerStatuses).find(({ name }) => name === probeContainer);
  const state = objectAt(container, 'state');
  return {
    name: textOf(metadata.name),
    namespace: textOf(metadata.namespace),
    uid: textOf(metadata.uid),
    jobUid: ownerUid(metadata, 'Job'),
    ...optional('node', optionalText(objectAt(pod, 'spec').nodeName)),
    phase: textOf(status.phase),
    ...optional('reason', optionalText(status.reason)),
    ...optional('message', optionalText(status.message)),
    addresses: addressesOf(pod),
    deleting: metadata.deletionTimestamp !== undefined,
    foreignContainers: foreignContainers(pod, probeContainer),
    dns: podDNS(pod),
    ...optional('unscheduled', statusOf(scheduled) === 'False' ? whyOf(scheduled) : undefined),
    ...optional('waiting', 'waiting' in state ? whyOf(objectAt(state, 'waiting')) : undefined),
    ...optional(
      'terminated',
      'terminated' in state ? terminatedView(objectAt(state, 'terminated')) : undefined,
    ),
  };
}

function podDNS(pod: JsonObject): PodDNS {
  const spec = objectAt(pod, 'spec');
  return { policy: textOf(spec.dnsPolicy), configured: Object.keys(objectAt(spec, 'dnsConfig')).length > 0 };
}

/** ownerUid is the uid of the controlling owner of a kind; evidence counts along these only. */
export function ownerUid(metadata: JsonObject, kind: string): string {
  const owner = objectsOf(metadata.ownerReferences).find(
    (each) => each.kind === kind && each.controller === true,
  );
  return textOf(owner?.uid);
}

function finishedView(condition: JsonObject): NonNullable<JobView['finished']> {
  return { type: condition.type === 'Complete' ? 'Complete' : 'Failed', ...whyOf(condition) };
}

function terminatedView(state: JsonObject): NonNullable<ProbePodView['terminated']> {
  return {
    exitCode: numberOf(state.exitCode) ?? -1,
    reason: textOf(state.reason),
    ...optional('signal', numberOf(state.signal)),
    message: textOf(state.message),
  };
}

function whyOf(state: JsonObject): { readonly reason: string; readonly message: string } {
  return { reason: textOf(state.reason), message: textOf(state.message) };
}

function conditionOf(object: JsonObject, type: string): JsonObject {
  return objectsOf(objectAt(object, 'status').conditions).find((condition) => condition.type === type) ?? {};
}

function statusOf({ status }: JsonObject): 'True' | 'False' | 'Unknown' {
  return status === 'True' || status === 'False' ? status : 'Unknown';
}

function addressesOf(pod: JsonObject): readonly string[] {
  const status = objectAt(pod, 'status');
  const all = objectsOf(status.podIPs).map(({ ip }) => textOf(ip));
  return all.length > 0 ? all : status.podIP === undefined ? [] : [textOf(status.podIP)];
}

/** Ephemeral containers are people's, who look into a Pod; the others come from admission webhooks. */
function foreignContainers(pod: JsonObject, own: string): readonly string[] {
  const spec = objectAt(pod, 'spec');
  const all = [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)];
  return all.map(({ name }) => textOf(name)).filter((name) => name !== own);
}

/** A label cannot hold every node's name, the affinity that pins the Pod does. */
function pinnedNode(podSpec: JsonObject): string {
  for (const term of objectsOf(requiredOf(podSpec).nodeSelectorTerms)) {
    for (const { key, values } of objectsOf(term.matchFields)) {
      if (key === 'metadata.name' && Array.isArray(values)) return textOf(values[0]);
    }
  }
  return '';
}

function placeOf(labels: Readonly<Record<string, string>>): Place {
  return labels[names.place] === 'node' ? 'node' : 'pod';
}

function optional<Field extends string, Value>(
  field: Field,
  value: Value | undefined,
): { readonly [F in Field]?: Value } {
  const present: { [F in Field]?: Value } = {};
  if (value !== undefined) present[field] = value;
  return present;
}
