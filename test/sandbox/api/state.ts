/** What every part of the server shares. */
import type { PodLogs, PodProxy } from '../client.ts';
import type { Addresses } from './cluster-ip.ts';
import type { JsonObject } from './json.ts';
import { type ApiResource, apiVersionOf, type Resources } from './resources.ts';
import type { Schemas } from './schemas.ts';
import { collectionOf, keyOf, type Store } from './store.ts';
import type { Tokens } from './tokens.ts';

/** ServerState is one API server. */
export interface ServerState {
  store: Store;
  resources: Resources;
  schemas: Schemas;
  tokens: Tokens;
  addresses: Addresses;
  logs: PodLogs;
  proxy: PodProxy;
  /** the PEM of the certificate authority: published as kube-root-ca.crt in every namespace. */
  caPem: string;
}

/** present is the stored object in the version that a resource names, or undefined. */
export function present(
  state: ServerState,
  resource: ApiResource,
  namespace: string,
  name: string,
): JsonObject | undefined {
  return state.store.get(collectionOf(resource), keyOf(resource.namespaced ? namespace : '', name));
}

/** stored looks up an object of a built-in resource by collection name, as `/namespaces`. */
export function stored(
  state: ServerState,
  collection: string,
  namespace: string,
  name: string,
): JsonObject | undefined {
  return state.store.get(collection, keyOf(namespace, name));
}

const converted = new WeakMap<JsonObject, JsonObject>();

/** inVersion is a stored object as a resource's version shows it. */
export function inVersion(resource: ApiResource, object: JsonObject, convert: Conversion): JsonObject {
  const apiVersion = apiVersionOf(resource);
  if (object.apiVersion === apiVersion) return object;
  const known = converted.get(object);
  if (known?.apiVersion === apiVersion) return known;
  const made = convert(object, apiVersion);
  converted.set(object, made);
  return made;
}

/** Conversion rewrites an object for another apiVersion of the same objects. */
export type Conversion = (object: JsonObject, apiVersion: string) => JsonObject;
