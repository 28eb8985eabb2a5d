/** Logs of a Pod and what its ports answer: both come from the node's kubelet. */
import type { ServerResponse } from 'node:http';
import type { Call } from './call.ts';
import { ApiError, badRequest, notFound } from './errors.ts';
import { at, isObject, type JsonObject, objectsOf, stringOf } from './json.ts';
import { type ServerState, stored } from './state.ts';
import { currentObject } from './update.ts';

function containerOf(call: Call, pod: JsonObject): string {
  const names = ['containers', 'initContainers'].map((list) =>
    objectsOf(at(pod, 'spec', list)).map((item) => stringOf(item.name)),
  );
  const [containers = [], inits = []] = names;
  const asked = call.query.get('container') ?? '';
  if (asked) {
    if (![...containers, ...inits].includes(asked))
      throw badRequest(`container ${asked} is not valid for pod ${call.name}`);
    return asked;
  }
  const [only, ...others] = containers;
  if (only !== undefined && others.length === 0 && inits.length === 0) return only;
  const initText = inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${call.name}, choose one of: [${containers.join(' ')}]${initText}`,
  );
}

function tail(call: Call, log: Buffer): Buffer {
  const lines = call.query.get('tailLines');
  const limit = call.query.get('limitBytes');
  let out = log;
  if (lines !== null) {
    const all = log.toString().split(/(?<=\n)/);
    out = Buffer.from(Number(lines) === 0 ? '' : all.slice(-Number(lines)).join(''));
  }
  return limit === null ? out : out.subarray(0, Number(limit));
}

function isOver(state: ServerState, call: Call, container: string): boolean {
  const pod = stored(state, '/pods', call.namespace, call.name);
  if (!pod) return true;
  const phase = at(pod, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  const all = [
    ...objectsOf(at(pod, 'status', 'containerStatuses')),
    ...objectsOf(at(pod, 'status', 'initContainerStatuses')),
  ];
  const status = all.find((item) => item.name === container);
  return isObject(at(status, 'state', 'terminated')) && at(pod, 'spec', 'restartPolicy') === 'Never';
}

const followEvery = 200;

/** streamLog answers GET pods/NAME/log. */
export async function streamLog(state: ServerState, call: Call, response: ServerResponse): Promise<void> {
  const pod = currentObject(state, call);
  const container = containerOf(call, pod);
  for (const unknown of ['sinceSeconds', 'sinceTime', 'timestamps']) {
    const value = call.query.get(unknown);
    if (value !== null && value !== 'false') throw badRequest(`${unknown} of logs is not served`);
  }
  const onNode = stringOf(at(pod, 'spec', 'nodeName')) !== '';
  const options = { previous: call.query.get('previous') === 'true' };
  const read = () =>
    onNode
      ? state.logs.read(call.namespace, call.name, container, options)
      : Promise.resolve(Buffer.alloc(0));
  const first = await read();
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(tail(call, first));
  if (call.query.get('follow') !== 'true') {
    response.end();
    return;
  }
  let sent = first.length;
  let open = true;
  response.on('close', () => {
    open = false;
  });
  while (open) {
    const over = isOver(state, call, container);
    const log = await read().catch(() => undefined);
    if (log && log.length > sent) response.write(log.subarray(sent));
    sent = Math.max(sent, log?.length ?? 0);
    if (over || !log) break;
    await new Promise((resolve) => setTimeout(resolve, followEvery));
  }
  response.end();
}

/** proxyPod answers GET pods/NAME:PORT/proxy/PATH. */
export async function proxyPod(state: ServerState, call: Call, response: ServerResponse): Promise<void> {
  if (call.resource.plural !== 'pods' || call.verb !== 'get') {
    throw new ApiError(
      501,
      'NotImplemented',
      `the proxy of ${call.resource.plural} for ${call.verb} is not served`,
    );
  }
  const parts = call.name.split(':');
  const [name = '', port = ''] = parts.length === 3 ? parts.slice(1) : parts;
  const pod = stored(state, '/pods', call.namespace, name);
  if (!pod) throw notFound(call.resource, name);
  const declared = objectsOf(at(pod, 'spec', 'containers')).flatMap((item) => objectsOf(item.ports));
  const byName = declared.find((item) => item.name === port)?.containerPort;
  const number = Number(byName ?? (port || declared[0]?.containerPort));
  if (!Number.isInteger(number)) throw badRequest(`invalid port ${port}`);
  const query = call.query.toString();
  const path = `/${call.rest}${query ? `?${query}` : ''}`;
  const answer = await state.proxy.get(call.namespace, name, number, path);
  response.writeHead(answer.status, { 'content-type': answer.contentType });
  response.end(answer.body);
}
