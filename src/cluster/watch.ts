/** One watch request: its stream of lines as events, ended when it is silent for too long. */
import type { Readable } from 'node:stream';
import { ApiError, ConnectionError } from './api-error.ts';
import type { Client } from './client.ts';
import { isObject, type JsonObject, numberOf, objectAt, textOf } from './json.ts';
import type { Resource } from './resources.ts';

/** Selection is what a list and its watch are limited to. */
export interface Selection {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** WatchLimits bound one watch request. */
export interface WatchLimits {
  /** timeoutSeconds is after how long the server is asked to end the watch; clients spread it. */
  readonly timeoutSeconds: number;
  /** silenceMilliseconds is how long nothing, not even a bookmark (one a minute), may come. */
  readonly silenceMilliseconds: number;
}

/** WatchEvent is a change, or a bookmark, which only says how far the watch has come. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: JsonObject;
  readonly resourceVersion: string;
}

/** Silence ends a watch whose connection may be dead: nothing tells a half-open one from an idle one. */
export class Silence extends Error {
  override readonly name = 'Silence';
}

/**
 * watch yields what happens after `from` until the server ends the request (the iteration ends), the connection
 * breaks (ConnectionError), the server refuses or reports an error (ApiError), or it is silent (Silence).
 */
export async function* watch(
  client: Client,
  selection: Selection,
  from: string,
  limits: WatchLimits,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const { resource, namespace } = selection;
  const query = {
    ...selectorsOf(selection),
    resourceVersion: from,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(limits.timeoutSeconds),
  };
  const ended = new AbortController();
  const call = { verb: 'watch', resource, query, ...(namespace === undefined ? {} : { namespace }) } as const;
  const stream = await client.open(call, AbortSignal.any([signal, ended.signal]));
  try {
    for await (const line of linesOf(stream, limits.silenceMilliseconds)) yield eventOf(line);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ApiError || error instanceof ConnectionError || error instanceof Silence)
      throw error;
    throw new ConnectionError(`The watch of ${resource.plural} was cut`, { cause: error });
  } finally {
    ended.abort();
  }
}

/** selectorsOf are a selection's query parameters. */
export function selectorsOf({ labelSelector, fieldSelector }: Selection): Record<string, string> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

async function* linesOf(stream: Readable, silenceMilliseconds: number): AsyncGenerator<string> {
  const silent = setTimeout(
    () => stream.destroy(new Silence('Nothing came for too long')),
    silenceMilliseconds,
  );
  let rest = '';
  try {
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      silent.refresh();
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') yield line;
    }
    if (rest.trim() !== '') throw new ConnectionError('The watch ended within a line');
  } finally {
    clearTimeout(silent);
  }
}

function eventOf(line: string): WatchEvent {
  const event = parse(line);
  const object = objectAt(event, 'object');
  const type = textOf(event.type);
  if (type === 'ERROR') {
    const retry = numberOf(objectAt(object, 'details').retryAfterSeconds);
    throw new ApiError(numberOf(object.code) ?? 500, textOf(object.reason), textOf(object.message), retry);
  }
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED' && type !== 'BOOKMARK') {
    throw new ConnectionError(`The watch said ${JSON.stringify(type)}`);
  }
  return { type, object, resourceVersion: textOf(objectAt(object, 'metadata').resourceVersion) };
}

function parse(line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) return value;
  } catch (error) {
    throw new ConnectionError('The watch sent a line that is no JSON', { cause: error });
  }
  throw new ConnectionError('The watch sent a line that is no object');
}
