/** HTTP requests to calls, and answers to bytes. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dump } from 'js-yaml';
import { authenticate } from './authentication.ts';
import { authorize, authorizePath } from './authorization.ts';
import type { Call, User } from './call.ts';
import { type Answered, checkServed, dispatch } from './dispatch.ts';
import { ApiError } from './errors.ts';
import { type Faults, reasons } from './faults.ts';
import { type OpenWatches, serveWatch } from './http-watch.ts';
import { impersonated } from './impersonation.ts';
import type { JsonObject } from './json.ts';
import type { Snapshots } from './list.ts';
import { type Form, negotiate, parseBody } from './media.ts';
import type { OpenApi } from './openapi.ts';
import { servePath } from './paths.ts';
import { proxyPod, streamLog } from './pod-streams.ts';
import type { RequestLog } from './request-log.ts';
import { parseTarget } from './request-path.ts';
import type { ServerState } from './state.ts';
import { partial, table } from './table.ts';
import { pageText, textOf } from './text.ts';

/** Serving is what the HTTP side needs beside the state. */
export interface Serving {
  state: ServerState;
  snapshots: Snapshots;
  openApi: OpenApi;
  faults: Faults;
  log: RequestLog;
  watches: OpenWatches;
}

/** The most that a real server takes in one body, in bytes. */
const mostBody = 3 << 20;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > mostBody)
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${mostBody}`);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** handle answers one request; it never rejects. */
export async function handle(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = performance.now();
  const url = new URL(request.url ?? '/', 'https://kubernetes.default.svc');
  let call: Call | undefined;
  try {
    const user = impersonated(serving.state, request, authenticate(serving.state, request));
    const method = request.method ?? 'GET';
    const target = parseTarget(serving.state.resources, method, url.pathname, url.searchParams);
    if (!target) {
      authorizePath(serving.state, user, method === 'GET' ? 'get' : method.toLowerCase(), url.pathname);
      servePath(serving, url, request, response);
      return;
    }
    call = { ...target, ...callParts(request, url, user) };
    fail(serving, call, response);
    checkServed(call);
    const raw = await bodyOf(request);
    call.body = parseBody(raw, call.contentType);
    await answer(serving, call, request, response, started);
  } catch (error) {
    refuse(error, request, response);
    if (call) serving.log.record(call, error instanceof ApiError ? error.code : 500, started);
  }
}

function callParts(request: IncomingMessage, url: URL, user: User) {
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  return {
    user,
    query: url.searchParams,
    body: undefined,
    contentType,
    userAgent: request.headers['user-agent'] ?? '',
    warnings: [],
  };
}

function fail(serving: Serving, call: Call, response: ServerResponse): void {
  const failure = serving.faults.take(call);
  if (!failure) return;
  if (failure.retryAfter !== undefined) response.setHeader('retry-after', String(failure.retryAfter));
  const message =
    failure.code === 429
      ? 'Too many requests, please try again later.'
      : 'the server has been told to fail this request';
  const details = failure.retryAfter === undefined ? {} : { retryAfterSeconds: failure.retryAfter };
  throw new ApiError(failure.code, reasons[failure.code] ?? '', message, details);
}

async function answer(
  serving: Serving,
  call: Call,
  request: IncomingMessage,
  response: ServerResponse,
  started: number,
): Promise<void> {
  const { state } = serving;
  if (call.verb === 'watch') {
    authorize(state, call);
    const form = negotiate(request.headers.accept?.replaceAll(';stream=watch', ''));
    serveWatch(state, call, form, response, serving.watches);
    serving.log.record(call, 200, started);
    return;
  }
  if (call.subresource === 'log' || call.subresource === 'proxy') {
    authorize(state, call);
    await (call.subresource === 'log' ? streamLog(state, call, response) : proxyPod(state, call, response));
    serving.log.record(call, response.statusCode, started);
    return;
  }
  const form = negotiate(request.headers.accept);
  const answered = dispatch(state, call, serving.snapshots);
  for (const warning of call.warnings) response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`);
  send(response, answered.code, body(call, answered, form), form);
  serving.log.record(call, answered.code, started);
}

/** body is the text of an answer in the form that was asked for; a Status is never shown as a table. */
function body(call: Call, answered: Answered, form: Form): string {
  const { page, object = {} } = answered;
  const include = call.query.get('includeObject') ?? '';
  const isStatus = object.kind === 'Status';
  if (form === 'table' && !isStatus) {
    const metadata = page ? page.metadata : { resourceVersion: versionOf(object) };
    return JSON.stringify(table(call.resource, page ? page.items : [object], metadata, include));
  }
  if (form === 'partial' && page) {
    const { metadata, items } = page;
    return JSON.stringify({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(partial),
    });
  }
  if (form === 'partial' && !isStatus) return JSON.stringify(partial(object));
  if (form === 'yaml') return dump(page ? { ...page } : object);
  return page ? pageText(page, call.resource.crdVersion !== undefined) : textOf(object);
}

function versionOf(object: JsonObject): string {
  const { metadata } = object;
  const version =
    typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
      ? metadata.resourceVersion
      : '';
  return String(version ?? '');
}

function send(response: ServerResponse, code: number, text: string, form: Form): void {
  response.writeHead(code, {
    'content-type': form === 'yaml' ? 'application/yaml' : 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-cache, private',
  });
  response.end(text);
}

function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(
          500,
          'InternalError',
          `Internal error occurred: ${error instanceof Error ? error.stack : String(error)}`,
        );
  request.resume();
  if (response.headersSent) {
    response.destroy();
    return;
  }
  send(response, known.code, JSON.stringify(known.status()), 'json');
}
