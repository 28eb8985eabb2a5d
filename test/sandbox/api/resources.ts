/** The resources that this server has: the built-in ones from captured discovery, and those of CRDs. */
import { existsSync, readFileSync } from 'node:fs';
import type { Resource } from '../client.ts';
import { type JsonObject, objectOf, objectsOf, parseJson, stringOf, stringsOf } from './json.ts';

/** Subresource is one of a resource's subresources, as discovery tells it. */
export interface Subresource {
  name: string;
  kind: string;
  verbs: string[];
}

/** ApiResource is one resource of one version. */
export interface ApiResource extends Resource {
  kind: string;
  singular: string;
  namespaced: boolean;
  verbs: string[];
  shortNames: string[];
  categories: string[];
  subresources: Subresource[];
  /** the CRD that it comes from; undefined for built-in ones. */
  crd?: JsonObject;
  /** the entry of `spec.versions` of that CRD. */
  crdVersion?: JsonObject;
}

const fixtures = new URL('../../fixtures/api/', import.meta.url);

/** fixture reads one of the captured files. */
export function fixture(name: string): string {
  return readFileSync(new URL(name, fixtures), 'utf8');
}

/** hasFixture tells whether a captured file is there. */
export function hasFixture(name: string): boolean {
  return existsSync(new URL(name, fixtures));
}

/** apiVersionOf is `batch/v1`, or `v1` in the core group. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}

/** Groups that no answer here would be right for: nothing validates their objects, so they are not served. */
const notServed = new Set([
  'apiregistration.k8s.io',
  'autoscaling',
  'certificates.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'node.k8s.io',
  'resource.k8s.io',
  'storage.k8s.io',
]);

/** Resources of served groups that nothing here describes. */
const undescribed = new Set([
  'componentstatuses',
  'limitranges',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations',
]);

function fromDiscovery(group: string, version: string, item: JsonObject): ApiResource {
  return {
    group,
    version,
    plural: stringOf(item.resource),
    kind: stringOf(objectOf(item.responseKind).kind),
    singular: stringOf(item.singularResource),
    namespaced: item.scope === 'Namespaced',
    verbs: stringsOf(item.verbs),
    shortNames: stringsOf(item.shortNames),
    categories: stringsOf(item.categories),
    subresources: objectsOf(item.subresources).map((sub) => ({
      name: stringOf(sub.subresource),
      kind: stringOf(objectOf(sub.responseKind).kind),
      verbs: stringsOf(sub.verbs),
    })),
  };
}

function builtIn(): ApiResource[] {
  const out: ApiResource[] = [];
  for (const file of ['api.aggregated.json', 'apis.aggregated.json']) {
    for (const group of objectsOf(objectOf(parseJson(fixture(file))).items)) {
      const name = stringOf(objectOf(group.metadata).name);
      if (notServed.has(name)) continue;
      for (const version of objectsOf(group.versions)) {
        const all = objectsOf(version.resources).filter((item) => !undescribed.has(stringOf(item.resource)));
        out.push(...all.map((item) => fromDiscovery(name, stringOf(version.version), item)));
      }
    }
  }
  return out;
}

/** Resources is the registry: ordered, changed only by CRDs that come and go. */
export class Resources {
  readonly #byPath = new Map<string, ApiResource>();

  constructor() {
    for (const resource of builtIn()) this.add(resource);
  }

  /** add registers a resource, or replaces it. */
  add(resource: ApiResource): void {
    this.#byPath.set(`${apiVersionOf(resource)}/${resource.plural}`, resource);
  }

  /** remove forgets a resource. */
  remove(resource: Resource): void {
    this.#byPath.delete(`${apiVersionOf(resource)}/${resource.plural}`);
  }

  /** find looks a resource up by group, version and plural. */
  find(resource: Resource): ApiResource | undefined {
    return this.#byPath.get(`${apiVersionOf(resource)}/${resource.plural}`);
  }

  /** ofKind looks a resource up as owner references and patches name it. */
  ofKind(apiVersion: string, kind: string): ApiResource | undefined {
    for (const resource of this.#byPath.values()) {
      if (resource.kind === kind && apiVersionOf(resource) === apiVersion) return resource;
    }
    return undefined;
  }

  /** all lists every resource, in the order of discovery. */
  all(): ApiResource[] {
    return [...this.#byPath.values()];
  }
}
