/** Watches: what was, what changes, bookmarks, and where history ends. */
import { setInterval } from 'node:timers';
import type { Call } from './call.ts';
import { ApiError, badRequest, invalid } from './errors.ts';
import { convert } from './event-versions.ts';
import { type JsonObject, objectOf } from './json.ts';
import { everything, type Filter, parseVersion, selection } from './list.ts';
import { apiVersionOf } from './resources.ts';
import { inVersion, type ServerState } from './state.ts';
import { type Change, collectionOf, objectKey } from './store.ts';

/** Sent is one event of a watch. */
export interface Sent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: JsonObject;
}

/** Watching is an open watch. */
export interface Watching {
  /** stop ends it without a word. */
  stop: () => void;
}

const bookmarkEvery = 60_000;

/** changeFor is what a change looks like through a filter: an object that stops matching is DELETED. */
export function changeFor(
  change: Change,
  filter: Filter,
  shown: (object: JsonObject) => JsonObject,
): Sent | undefined {
  const now = shown(change.object);
  const before = change.previous && shown(change.previous);
  const matched = before !== undefined && filter(before);
  const matches = change.type !== 'DELETED' && filter(now);
  if (matches) return { type: matched ? 'MODIFIED' : 'ADDED', object: now };
  if (!matched || !before) return undefined;
  const { resourceVersion } = objectOf(now.metadata);
  if (change.type === 'DELETED') return { type: 'DELETED', object: now };
  const last = { ...objectOf(before.metadata), resourceVersion: resourceVersion ?? '' };
  return { type: 'DELETED', object: { ...before, metadata: last } };
}

function bookmark(call: Call, version: number, initialEnd: boolean): Sent {
  const annotations = initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return {
    type: 'BOOKMARK',
    object: {
      kind: call.resource.kind,
      apiVersion: apiVersionOf(call.resource),
      metadata: { resourceVersion: String(version), creationTimestamp: null, ...annotations },
    },
  };
}

function checkInitial(call: Call): boolean {
  const initial = call.query.get('sendInitialEvents');
  const match = call.query.get('resourceVersionMatch');
  const refuse = (field: string, message: string) =>
    invalid({ group: 'meta.k8s.io', plural: 'listoptions', kind: 'ListOptions' }, '', [
      { reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field },
    ]);
  if (initial === null) {
    if (match)
      throw refuse(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      );
    return false;
  }
  if (match !== 'NotOlderThan') {
    throw refuse(
      'resourceVersionMatch',
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  return initial === 'true' || initial === '1';
}

/** What comes first, and the version after which changes follow. */
function beginning(state: ServerState, call: Call, emit: (sent: Sent) => void, filter: Filter): void {
  const version = parseVersion(call);
  const initial = checkInitial(call);
  const shown = (object: JsonObject) => inVersion(call.resource, object, convert);
  if (version !== undefined && version > state.store.version) {
    throw badRequest(`Too large resource version: ${version}, current: ${state.store.version}`);
  }
  const skipsPresent = call.query.get('sendInitialEvents') !== null && !initial;
  if (initial || (!skipsPresent && (version === undefined || version === 0))) {
    for (const [, object] of everything(state, call)) emit({ type: 'ADDED', object });
    if (initial && call.query.get('allowWatchBookmarks') === 'true')
      emit(bookmark(call, state.store.version, true));
    return;
  }
  if (version === undefined || version === 0) return;
  for (const change of state.store.since(collectionOf(call.resource), version)) {
    if (!inNamespace(call, change)) continue;
    const sent = changeFor(change, filter, shown);
    if (sent) emit(sent);
  }
}

function inNamespace(call: Call, change: Change): boolean {
  return call.namespace === '' || objectKey(change.object).startsWith(`${call.namespace}/`);
}

/**
 * watchObjects starts a watch and calls `emit` for each event, in order. A version that the history no longer reaches
 * is one ERROR event with a 410 Status, after which `closed` is called.
 */
export function watchObjects(
  state: ServerState,
  call: Call,
  emit: (sent: Sent) => void,
  closed: () => void,
): Watching {
  const { filter } = selection(call);
  const shown = (object: JsonObject) => inVersion(call.resource, object, convert);
  try {
    beginning(state, call, emit, filter);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 410) throw error;
    emit({ type: 'ERROR', object: error.status() });
    closed();
    return { stop: () => {} };
  }
  const unlisten = state.store.listen(collectionOf(call.resource), (change) => {
    if (!inNamespace(call, change)) return;
    const sent = changeFor(change, filter, shown);
    if (sent) emit(sent);
  });
  const wantsBookmarks = call.query.get('allowWatchBookmarks') === 'true';
  const timer = setInterval(() => {
    if (wantsBookmarks) emit(bookmark(call, state.store.version, false));
  }, bookmarkEvery);
  timer.unref();
  const stop = () => {
    unlisten();
    clearInterval(timer);
  };
  return { stop };
}
