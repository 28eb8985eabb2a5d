/** Lists: selectors, resourceVersion, and pages that go on where the last one ended, in the same snapshot. */
import type { Call } from './call.ts';
import { badRequest, expired } from './errors.ts';
import { convert } from './event-versions.ts';
import { isObject, type JsonObject, parseJson, stringOf } from './json.ts';
import { apiVersionOf } from './resources.ts';
import { labelsOf, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { inVersion, type ServerState } from './state.ts';
import { collectionOf, keyOf } from './store.ts';

/** Page is a list, or a part of one. */
export interface Page {
  kind: string;
  apiVersion: string;
  metadata: JsonObject;
  items: JsonObject[];
}

/** Filter tells whether a list or watch wants an object. */
export type Filter = (object: JsonObject) => boolean;

/** selection makes the filter of a request from its selectors and its namespace. */
export function selection(call: Call): { filter: Filter; name: string | undefined } {
  const labels = parseLabelSelector(call.query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(call.resource, call.query.get('fieldSelector') ?? '');
  const name = call.name || fields.name;
  const filter = (object: JsonObject) =>
    fields.test(object) && labels(labelsOf(object)) && (!call.name || named(object) === call.name);
  return { filter, name };
}

function named(object: JsonObject): string {
  const { metadata } = object;
  return isObject(metadata) ? stringOf(metadata.name) : '';
}

/** parseVersion reads a resourceVersion of a query; undefined when it is unset. */
export function parseVersion(call: Call): number | undefined {
  const text = call.query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(`Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  return Number(text);
}

/** everything lists what a request selects, in order, of the present state. */
export function everything(state: ServerState, call: Call): [key: string, object: JsonObject][] {
  const { filter, name } = selection(call);
  const collection = collectionOf(call.resource);
  const shown = (object: JsonObject) => inVersion(call.resource, object, convert);
  if (name !== undefined && (call.namespace || !call.resource.namespaced)) {
    const key = keyOf(call.namespace, name);
    const found = state.store.get(collection, key);
    return found && filter(shown(found)) ? [[key, shown(found)]] : [];
  }
  const out: [string, JsonObject][] = [];
  for (const [key, object] of state.store.entries(collection, call.namespace)) {
    const visible = shown(object);
    if (filter(visible)) out.push([key, visible]);
  }
  return out;
}

/** Snapshots are pages to come: real servers read them from etcd's history; here they wait in memory. */
export class Snapshots {
  readonly #waiting = new Map<string, [key: string, object: JsonObject][]>();

  keep(version: number, selector: string, rest: [string, JsonObject][]): void {
    this.#waiting.set(`${version} ${selector}`, rest);
    const oldest = this.#waiting.keys().next().value;
    if (this.#waiting.size > 50 && oldest !== undefined) this.#waiting.delete(oldest);
  }

  after(version: number, selector: string, start: string): [string, JsonObject][] | undefined {
    return this.#waiting.get(`${version} ${selector}`)?.filter(([key]) => key >= start);
  }

  /** forget makes every open `continue` expire. */
  forget(): void {
    this.#waiting.clear();
  }
}

const continueExpired =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

/** listObjects answers GET of a collection. */
export function listObjects(state: ServerState, call: Call, snapshots: Snapshots): Page {
  const limit = Number(call.query.get('limit') ?? 0);
  if (!(limit >= 0)) throw badRequest(`invalid limit ${call.query.get('limit')}`);
  const from = call.query.get('continue') ?? '';
  const { version, entries } = from ? continued(call, snapshots, from) : fresh(state, call);
  const cut = limit > 0 && entries.length > limit ? limit : entries.length;
  const metadata: JsonObject = { resourceVersion: String(version) };
  const next = entries[cut];
  if (next) {
    snapshots.keep(version, selectorOf(call), entries.slice(cut));
    const token = { v: 'meta.k8s.io/v1', rv: version, start: next[0] };
    metadata.continue = Buffer.from(JSON.stringify(token)).toString('base64url');
    const selective = call.query.get('labelSelector') || call.query.get('fieldSelector');
    if (!selective) metadata.remainingItemCount = entries.length - cut;
  }
  return {
    kind: `${call.resource.kind}List`,
    apiVersion: apiVersionOf(call.resource),
    metadata,
    items: entries.slice(0, cut).map(([, object]) => object),
  };
}

function selectorOf(call: Call): string {
  const { resource, query, namespace } = call;
  return [collectionOf(resource), namespace, query.get('labelSelector'), query.get('fieldSelector')].join(
    ' ',
  );
}

function continued(call: Call, snapshots: Snapshots, token: string) {
  if (parseVersion(call)) throw badRequest('specifying resource version is not allowed when using continue');
  let parsed: JsonObject;
  try {
    const value = parseJson(Buffer.from(token, 'base64url').toString());
    parsed = isObject(value) ? value : {};
  } catch {
    throw badRequest('continue key is not valid: it is no token of this server');
  }
  const version = Number(parsed.rv ?? Number.NaN);
  if (!Number.isInteger(version))
    throw badRequest('continue key is not valid: incorrect encoded start resourceVersion');
  const entries = snapshots.after(version, selectorOf(call), stringOf(parsed.start));
  if (!entries) throw expired(continueExpired);
  return { version, entries };
}

function fresh(state: ServerState, call: Call) {
  const wanted = parseVersion(call);
  const match = call.query.get('resourceVersionMatch') ?? '';
  if (match && wanted === undefined) {
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
  if (wanted !== undefined && wanted > state.store.version) throw tooLarge(wanted, state.store.version);
  if (match === 'Exact' && wanted !== state.store.version) {
    throw expired('The resourceVersion for the provided list is too old.');
  }
  return { version: state.store.version, entries: everything(state, call) };
}

function tooLarge(wanted: number, have: number) {
  return badRequest(`Too large resource version: ${wanted}, current: ${have}`);
}
