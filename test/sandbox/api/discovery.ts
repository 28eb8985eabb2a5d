/** Discovery: which groups, versions and resources there are, plain and aggregated. */
import type { JsonObject } from './json.ts';
import { type ApiResource, apiVersionOf } from './resources.ts';

function groupsOf(resources: ApiResource[]): Map<string, Map<string, ApiResource[]>> {
  const groups = new Map<string, Map<string, ApiResource[]>>();
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, ApiResource[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  return groups;
}

/** rank orders versions as the server prefers them: v2, v1, v1beta1, v1alpha1. */
function rank(version: string): number {
  const [, major = '0', stage = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const base = stage === '' ? 2 : stage === 'beta' ? 1 : 0;
  return base * 1e6 + Number(major) * 1e3 + Number(minor);
}

function ordered<T>(versions: Map<string, T>): [string, T][] {
  return [...versions].sort(([a], [b]) => rank(b) - rank(a));
}

function optional(name: string, list: string[]): JsonObject {
  return list.length > 0 ? { [name]: list } : {};
}

/** apiVersions answers /api. */
export function apiVersions(): JsonObject {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: '10.96.0.1:443' }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

function groupEntry(name: string, versions: string[]): JsonObject {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: all[0] ?? {} };
}

/** apiGroupList answers /apis. */
export function apiGroupList(resources: ApiResource[]): JsonObject {
  const groups = [...groupsOf(resources)].filter(([name]) => name !== '');
  const entries = groups.map(([name, versions]) =>
    groupEntry(
      name,
      ordered(versions).map(([version]) => version),
    ),
  );
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: entries };
}

/** apiGroup answers /apis/GROUP; undefined where there is none. */
export function apiGroup(resources: ApiResource[], name: string): JsonObject | undefined {
  const versions = groupsOf(resources).get(name);
  if (!versions) return undefined;
  const entry = groupEntry(
    name,
    ordered(versions).map(([version]) => version),
  );
  return { kind: 'APIGroup', apiVersion: 'v1', ...entry };
}

function subresourceKind(sub: string): JsonObject {
  if (sub === 'scale') return { group: 'autoscaling', version: 'v1' };
  if (sub === 'eviction') return { group: 'policy', version: 'v1' };
  return sub === 'token' ? { group: 'authentication.k8s.io', version: 'v1' } : {};
}

/** apiResourceList answers /api/v1 and /apis/GROUP/VERSION; undefined where there is none. */
export function apiResourceList(all: ApiResource[], group: string, version: string): JsonObject | undefined {
  const mine = all.filter((resource) => resource.group === group && resource.version === version);
  const [first] = mine;
  if (!first) return undefined;
  const entries = mine.flatMap((resource): JsonObject[] => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...optional('shortNames', resource.shortNames),
      ...optional('categories', resource.categories),
    },
    ...resource.subresources.map((sub) => ({
      name: `${resource.plural}/${sub.name}`,
      singularName: '',
      namespaced: resource.namespaced,
      ...subresourceKind(sub.name),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(first), resources: entries };
}

function aggregatedResource(resource: ApiResource): JsonObject {
  const { group, version, kind } = resource;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...optional('shortNames', resource.shortNames),
    ...optional('categories', resource.categories),
    ...(resource.subresources.length > 0
      ? {
          subresources: resource.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group, version, ...subresourceKind(sub.name), kind: sub.kind },
            verbs: sub.verbs,
          })),
        }
      : {}),
  };
}

/** aggregated answers /api (`core`) and /apis in one document each. */
export function aggregated(resources: ApiResource[], core: boolean, apiVersion: string): JsonObject {
  const items = [...groupsOf(resources)]
    .filter(([name]) => (name === '') === core)
    .map(([name, versions]) => ({
      metadata: name ? { name } : {},
      versions: ordered(versions).map(([version, list]) => ({
        version,
        resources: list.map(aggregatedResource),
        freshness: 'Current',
      })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion, metadata: {}, items };
}
