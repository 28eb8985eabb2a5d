/** A watch over HTTP: one JSON document a line, for as long as the client and its timeout want. */
import type { ServerResponse } from 'node:http';
import type { Call } from './call.ts';
import type { JsonObject } from './json.ts';
import type { Form } from './media.ts';
import type { ServerState } from './state.ts';
import { partial, table } from './table.ts';
import { textOf } from './text.ts';
import { type Sent, watchObjects } from './watch.ts';

/** A client that does not read is cut off when this much waits for it, in bytes. */
const mostWaiting = 64 << 20;
/** Watches without a timeout end after this long, in seconds, as they do on a real server (30 to 60 minutes). */
const longest = 2700;

/** OpenWatches are the watches that tests can cut. */
export type OpenWatches = Set<() => void>;

/** serveWatch streams a watch. Its headers go out at once: clients wait for them before they trust the watch. */
export function serveWatch(
  state: ServerState,
  call: Call,
  form: Form,
  response: ServerResponse,
  open: OpenWatches,
): void {
  let columnsSent = false;
  const show = (sent: Sent): string => {
    if (sent.type === 'ERROR') return JSON.stringify(sent.object);
    if (form === 'table') {
      const include = call.query.get('includeObject') ?? '';
      const metadata = sent.type === 'BOOKMARK' ? versionOf(sent.object) : {};
      const rows = sent.type === 'BOOKMARK' ? [] : [sent.object];
      const shown = table(call.resource, rows, metadata, include, !columnsSent);
      columnsSent = true;
      return JSON.stringify(
        sent.type === 'BOOKMARK' ? { ...shown, metadata: sent.object.metadata ?? {} } : shown,
      );
    }
    return form === 'partial' ? JSON.stringify(partial(sent.object)) : textOf(sent.object);
  };
  const early: string[] = [];
  let started = false;
  let ended = false;
  const emit = (sent: Sent) => {
    const line = `{"type":"${sent.type}","object":${show(sent)}}\n`;
    if (!started) early.push(line);
    else response.write(line);
    if (response.writableLength > mostWaiting) response.destroy();
  };
  const watching = watchObjects(state, call, emit, () => {
    ended = true;
  });
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  started = true;
  if (early.length > 0) response.write(early.join(''));
  const seconds = Number(call.query.get('timeoutSeconds') ?? 0) || longest;
  // The response closes only when its client has read the rest: a change until then must not be written any more.
  const end = () => {
    watching.stop();
    response.end();
  };
  const timer = setTimeout(end, seconds * 1000);
  timer.unref();
  open.add(end);
  response.on('close', () => {
    clearTimeout(timer);
    open.delete(end);
    watching.stop();
  });
  if (ended) response.end();
}

function versionOf(object: JsonObject): JsonObject {
  const { metadata } = object;
  return typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? metadata : {};
}
