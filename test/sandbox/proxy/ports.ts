/** The two HTTP servers of a proxy, inside its node's network namespace. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { listenIn } from '../node/sockets.ts';
import { bindAddresses, configz, type ProxySettings } from './config.ts';
import { health } from './health.ts';
import { metricsText } from './metrics.ts';
import type { SyncRecord } from './sync-record.ts';

interface Answer {
  code: number;
  type: string;
  body: string;
}

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';
const NOT_FOUND: Answer = { code: 404, type: TEXT, body: '404 page not found\n' };

function ofMetrics(path: string, record: SyncRecord, settings: ProxySettings): Answer {
  const text = (body: string): Answer => ({ code: 200, type: TEXT, body });
  if (path === '/proxyMode') return text(settings.mode);
  if (path === '/healthz') return text('ok');
  if (path === '/configz') return { code: 200, type: JSON_TYPE, body: JSON.stringify(configz(settings)) };
  if (path !== '/metrics') return NOT_FOUND;
  const type = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';
  return { code: 200, type, body: metricsText(record, settings.mode) };
}

function ofHealth(path: string, record: SyncRecord, settings: ProxySettings): Answer {
  const which = path === '/healthz' ? 'healthz' : path === '/livez' ? 'livez' : undefined;
  if (which === undefined) return NOT_FOUND;
  const { code, body } = health(record, which, Date.now(), settings.syncPeriod);
  const counts = record.answers[which];
  counts.set(code, (counts.get(code) ?? 0) + 1);
  return { code, type: JSON_TYPE, body: JSON.stringify(body) };
}

function write(response: ServerResponse, { code, type, body }: Answer): void {
  response.writeHead(code, {
    'Content-Type': type,
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function serve(answer: (path: string) => Answer): Server {
  return createServer(({ url = '/' }, response) => write(response, answer(url.replace(/\?.*$/, ''))));
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** openPorts begins to answer; the function that it resolves to ends that: then nobody listens there. */
export async function openPorts(
  namespace: string,
  settings: ProxySettings,
  record: SyncRecord,
): Promise<() => Promise<void>> {
  const { health: healthPort, metrics } = bindAddresses(settings);
  const sockets = await listenIn(namespace, [metrics, healthPort]);
  const servers = [
    serve((path) => ofMetrics(path, record, settings)),
    serve((path) => ofHealth(path, record, settings)),
  ];
  for (const [i, server] of servers.entries()) server.listen(sockets[i]);
  return async () => {
    await Promise.all(servers.map(closed));
  };
}
