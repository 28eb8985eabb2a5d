/** Events are the same objects in core/v1 and events.k8s.io/v1 under other names (pkg/apis/core/v1 conversion). */
import { type JsonObject, stringOf } from './json.ts';

const names: [core: string, events: string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function rename(object: JsonObject, from: 0 | 1, to: 0 | 1): JsonObject {
  const out: JsonObject = {};
  const map = new Map(names.map((pair) => [pair[from], pair[to]]));
  for (const [name, value] of Object.entries(object)) out[map.get(name) ?? name] = value;
  return out;
}

/** convert shows an object in another version: Events are renamed, everything else keeps its members. */
export function convert(object: JsonObject, apiVersion: string): JsonObject {
  const from = stringOf(object.apiVersion);
  if (object.kind !== 'Event' || from === apiVersion) return { ...object, apiVersion };
  if (apiVersion === 'v1') return { ...rename(object, 1, 0), apiVersion };
  return { ...rename(object, 0, 1), apiVersion };
}

/** storageVersion is the version in which objects of a resource are kept. */
export function storageVersion(object: JsonObject, crdStorage: string | undefined): string {
  if (crdStorage) return crdStorage;
  return object.kind === 'Event' ? 'v1' : stringOf(object.apiVersion);
}
