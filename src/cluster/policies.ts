/** Which NetworkPolicies can stand between probes and responders. */
import { labels, product, productLabels } from '../api/names.ts';
import type { PolicyView } from '../checks/check.ts';
import { type LabelSelector, selects } from '../plan/selector.ts';
import {
  isObject,
  type JsonObject,
  numberOf,
  objectAt,
  objectsOf,
  textMapOf,
  textOf,
  textsOf,
} from './json.ts';

/** Direction is a member of a NetworkPolicy's policyTypes. */
type Direction = 'Ingress' | 'Egress';
/** Role is which of our Pods a policy selects. */
type Role = 'probe' | 'responder';

/** PolicyEntry is one NetworkPolicy of our namespaces, reduced to what it does to our traffic. */
export interface PolicyEntry {
  /** name is `namespace/name`. */
  readonly name: string;
  readonly ours: boolean;
  readonly selects: readonly Role[];
  readonly types: readonly Direction[];
  /** admits are the directions in which one of its rules surely lets our traffic through. */
  readonly admits: readonly Direction[];
}

/** The traffic that matters: a probe's way out and a responder's way in; answers follow by connection tracking. */
const ways: readonly { readonly role: Role; readonly direction: Direction }[] = [
  { role: 'probe', direction: 'Egress' },
  { role: 'responder', direction: 'Ingress' },
];

/** policyEntry reduces a NetworkPolicy; `port` is the responders'. */
export function policyEntry(policy: JsonObject, port: number): PolicyEntry {
  const metadata = objectAt(policy, 'metadata');
  const spec = objectAt(policy, 'spec');
  const roles: Role[] = ['probe', 'responder'];
  return {
    name: `${textOf(metadata.namespace)}/${textOf(metadata.name)}`,
    ours: textMapOf(metadata.labels)[labels.partOf] === product,
    selects: roles.filter((role) => selects(selectorOf(spec.podSelector), productLabels(role))),
    types: typesOf(spec),
    admits: [
      ...(objectsOf(spec.ingress).some((rule) => admits(rule, rule.from, 'probe', port))
        ? ['Ingress' as const]
        : []),
      ...(objectsOf(spec.egress).some((rule) => admits(rule, rule.to, 'responder', port))
        ? ['Egress' as const]
        : []),
    ],
  };
}

/**
 * policyViews are the foreign policies that can deny our traffic. Policies only ever add what is admitted: where one
 * of them, ours or not, admits it, no other can take that back.
 */
export function policyViews(entries: readonly PolicyEntry[]): readonly PolicyView[] {
  const open = ways.filter(({ role, direction }) =>
    entries.some((entry) => isAbout(entry, role, direction) && entry.admits.includes(direction)),
  );
  return entries
    .filter((entry) => !entry.ours && entry.selects.length > 0)
    .map(({ name, selects, types }) => ({
      name,
      selects,
      denies: types.filter((type) =>
        ways.some((way) => way.direction === type && selects.includes(way.role) && !open.includes(way)),
      ),
    }));
}

function isAbout(entry: PolicyEntry, role: Role, direction: Direction): boolean {
  return entry.selects.includes(role) && entry.types.includes(direction);
}

/** Without policyTypes a policy is about Ingress, and about Egress only if it has such rules (networking/v1). */
function typesOf(spec: JsonObject): readonly Direction[] {
  const given = textsOf(spec.policyTypes).filter((type) => type === 'Ingress' || type === 'Egress');
  if (given.length > 0) return given;
  return objectsOf(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function admits(rule: JsonObject, peers: unknown, peer: Role, port: number): boolean {
  return admitsPeer(objectsOf(peers), peer) && admitsPort(objectsOf(rule.ports), port);
}

/** An address block may or may not hold the other Pod: what is not sure counts as not admitted. */
function admitsPeer(peers: readonly JsonObject[], peer: Role): boolean {
  if (peers.length === 0) return true;
  return peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
    if (ipBlock !== undefined) return false;
    const anyNamespace =
      namespaceSelector === undefined || Object.keys(objectAt(namespaceSelector)).length === 0;
    return anyNamespace && selects(selectorOf(podSelector), productLabels(peer));
  });
}

function admitsPort(ports: readonly JsonObject[], wanted: number): boolean {
  if (ports.length === 0) return true;
  return ['TCP', 'UDP'].every((protocol) =>
    ports.some(({ protocol: given, port, endPort }) => {
      if ((textOf(given) || 'TCP') !== protocol) return false;
      const first = numberOf(port);
      if (first === undefined) return port === undefined || port === null;
      return first <= wanted && wanted <= (numberOf(endPort) ?? first);
    }),
  );
}

function selectorOf(value: unknown): LabelSelector | undefined {
  return isSelector(value) ? value : undefined;
}

/** The API server admits only well-formed selectors; expressions are checked so far that reading them cannot throw. */
function isSelector(value: unknown): value is LabelSelector {
  if (!isObject(value)) return false;
  const { matchExpressions } = value;
  return matchExpressions === undefined || Array.isArray(matchExpressions);
}
