/** List and watch of one selection, for ever: whatever the API server does, the store follows it again. */
import { ApiError, isExpired } from './api-error.ts';
import { type Backoff, delayOf, pause } from './backoff.ts';
import type { Client } from './client.ts';
import { isObject, type JsonObject, objectAt, objectsOf, textOf } from './json.ts';
import type { Entry, Store } from './store.ts';
import { type Selection, Silence, selectorsOf, type WatchLimits, watch } from './watch.ts';

/** Source is a selection, the store that follows it, and how an object is reduced when it is read. */
export interface Source<View> {
  readonly selection: Selection;
  readonly store: Store<View>;
  /** view reduces an object; undefined leaves it out of the store. */
  readonly view: (object: JsonObject) => View | undefined;
}

/** ReflectorOptions are the times of a reflector, and who is told. */
export interface ReflectorOptions {
  readonly pageSize: number;
  readonly backoff: Backoff;
  readonly limits: WatchLimits;
  /** settledMilliseconds is how long a watch must have lived, or it counts as failed although it ended well. */
  readonly settledMilliseconds: number;
  /** restarted is told why a watch is started again. */
  readonly restarted: (resource: string, reason: 'closed' | 'expired' | 'error' | 'silent') => void;
  /** failed is told what went wrong and when it is tried again. */
  readonly failed: (selection: Selection, error: unknown, delayMilliseconds: number) => void;
}

/** defaultReflectorOptions are client-go's numbers where it has any. */
export const defaultReflectorOptions: ReflectorOptions = {
  pageSize: 500,
  backoff: { baseMilliseconds: 800, capMilliseconds: 30_000 },
  limits: { timeoutSeconds: 290, silenceMilliseconds: 100_000 },
  settledMilliseconds: 5_000,
  restarted: () => {},
  failed: () => {},
};

/** reflect follows a source until the signal is aborted. It never rejects. */
export async function reflect<View>(
  client: Client,
  source: Source<View>,
  options: ReflectorOptions,
  signal: AbortSignal,
): Promise<void> {
  const plural = source.selection.resource.plural;
  let version: string | undefined;
  let failures = 0;
  let wasExpired = false;
  let refusals = 0;
  while (!signal.aborted) {
    const progress: Progress = { version, began: performance.now() };
    let failure: unknown;
    try {
      progress.version ??= await list(client, source, options, signal);
      progress.began = performance.now();
      await follow(client, source, progress, options, signal);
      options.restarted(plural, 'closed');
    } catch (error) {
      if (signal.aborted) return;
      options.restarted(plural, reasonOf(error));
      if (!(error instanceof Silence)) failure = error;
    }
    // A watch that lived and ended is the normal course; one old version only asks for a list, however long the
    // server was gone before. Neither must wait, but a server that gives nothing but old versions must not be stormed.
    const lived = performance.now() - progress.began >= options.settledMilliseconds;
    const expired = isExpired(failure);
    refusals = isRefused(failure) && !lived ? refusals + 1 : 0;
    version = expired || refusals >= mostRefusals ? undefined : progress.version;
    if (version === undefined) refusals = 0;
    const normal = expired ? !wasExpired : lived && failure === undefined;
    wasExpired = expired;
    if (lived || normal) failures = 0;
    if (normal) continue;
    failures += 1;
    const delay = patience(failure, delayOf(options.backoff, failures, Math.random()));
    if (failure !== undefined) options.failed(source.selection, failure, delay);
    await pause(delay, signal);
  }
}

/** A version that no watch may begin from is not always said to be expired: one from before etcd was restored is not. */
const mostRefusals = 3;

function isRefused(error: unknown): boolean {
  return error instanceof ApiError && error.code !== 429;
}

interface Progress {
  version: string | undefined;
  began: number;
}

/** list reads the whole list in pages into the store and returns its resourceVersion. */
async function list<View>(
  client: Client,
  { selection, store, view }: Source<View>,
  { pageSize }: ReflectorOptions,
  signal: AbortSignal,
): Promise<string> {
  const began = performance.now();
  const entries: Entry<View>[] = [];
  for await (const page of pages(client, selection, pageSize, signal)) {
    for (const item of page.items) {
      const entry = entryOf(item, view);
      if (entry) entries.push(entry);
    }
    if (page.last) {
      store.replace(entries, began);
      return page.resourceVersion;
    }
  }
  throw new Error('A list had no last page');
}

/** Page is one page of a list. */
export interface Page {
  readonly items: readonly JsonObject[];
  readonly resourceVersion: string;
  readonly last: boolean;
}

/** pages reads a list page by page; a `continue` token that is too old rejects with a 410, for a new beginning. */
export async function* pages(
  client: Client,
  selection: Selection,
  pageSize: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Page> {
  const { resource, namespace } = selection;
  const scope = namespace === undefined ? {} : { namespace };
  let token = '';
  do {
    const query = {
      ...selectorsOf(selection),
      limit: String(pageSize),
      ...(token === '' ? {} : { continue: token }),
    };
    const answer = await client.send({ verb: 'list', resource, query, ...scope }, { signal });
    const metadata = objectAt(answer, 'metadata');
    token = textOf(metadata.continue);
    yield {
      items: isObject(answer) ? objectsOf(answer.items) : [],
      resourceVersion: textOf(metadata.resourceVersion),
      last: token === '',
    };
  } while (token !== '');
}

async function follow<View>(
  client: Client,
  { selection, store, view }: Source<View>,
  progress: Progress,
  { limits }: ReflectorOptions,
  signal: AbortSignal,
): Promise<void> {
  const spread = { ...limits, timeoutSeconds: Math.ceil(limits.timeoutSeconds * (1 + Math.random())) };
  for await (const event of watch(client, selection, progress.version ?? '', spread, signal)) {
    if (event.type !== 'BOOKMARK') {
      const { key, uid } = identityOf(event.object);
      const entry = event.type === 'DELETED' ? undefined : entryOf(event.object, view);
      if (entry) store.upsert(entry);
      else store.remove(key, uid);
    }
    if (event.resourceVersion !== '') progress.version = event.resourceVersion;
  }
}

/** entryOf reduces an object for the store. */
export function entryOf<View>(
  object: JsonObject,
  view: (object: JsonObject) => View | undefined,
): Entry<View> | undefined {
  const reduced = view(object);
  return reduced === undefined ? undefined : { ...identityOf(object), view: reduced };
}

function identityOf(object: JsonObject) {
  const metadata = objectAt(object, 'metadata');
  const namespace = textOf(metadata.namespace);
  const name = textOf(metadata.name);
  const key = namespace === '' ? name : `${namespace}/${name}`;
  return { key, uid: textOf(metadata.uid), version: textOf(metadata.resourceVersion) };
}

function reasonOf(error: unknown): 'expired' | 'error' | 'silent' {
  if (isExpired(error)) return 'expired';
  return error instanceof Silence ? 'silent' : 'error';
}

function patience(error: unknown, delay: number): number {
  const wished = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  return Math.max(wished, delay);
}
