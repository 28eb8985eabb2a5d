/** Paths that are no resources: discovery, OpenAPI, health and version. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { aggregated, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts';
import { noSuchPath } from './errors.ts';
import type { Serving } from './http.ts';
import { fixture } from './resources.ts';

interface Document {
  type?: string;
  text: string;
  /** true where the URL has a hash of the content: it may be kept for ever. */
  keeps?: boolean;
}

function json(value: object | undefined): Document {
  if (!value) throw noSuchPath();
  return { text: JSON.stringify(value) };
}

const aggregation = /application\/json;\s*g=apidiscovery\.k8s\.io;v=(v2|v2beta1);as=APIGroupDiscoveryList/;

function groupDiscovery(serving: Serving, parts: string[], accept: string): Document {
  const all = serving.state.resources.all();
  const [root, group, version] = parts;
  const core = root === 'api';
  const wanted = aggregation.exec(accept)?.[1];
  if (parts.length === 1) {
    if (wanted) {
      const apiVersion = `apidiscovery.k8s.io/${wanted}`;
      const type = `application/json;g=apidiscovery.k8s.io;v=${wanted};as=APIGroupDiscoveryList`;
      return { ...json(aggregated(all, core, apiVersion)), type };
    }
    return json(core ? apiVersions() : apiGroupList(all));
  }
  if (core) return json(parts.length === 2 ? apiResourceList(all, '', group ?? '') : undefined);
  if (parts.length === 2) return json(apiGroup(all, group ?? ''));
  return json(apiResourceList(all, group ?? '', version ?? ''));
}

function openApi(serving: Serving, path: string, hashed: boolean): Document {
  if (path === '/openapi/v3' || path === '/openapi/v3/') return json(serving.openApi.index());
  const text = serving.openApi.document(path.slice('/openapi/v3/'.length));
  if (text === undefined) throw noSuchPath();
  return { text, keeps: hashed };
}

const healthy = new Set([
  '/healthz',
  '/livez',
  '/readyz',
  '/healthz/ping',
  '/livez/ping',
  '/readyz/ping',
  '/healthz/etcd',
]);

function documentAt(serving: Serving, url: URL, accept: string): Document {
  const path = url.pathname;
  const parts = path.split('/').filter(Boolean);
  if (parts[0] === 'api' || parts[0] === 'apis') return groupDiscovery(serving, parts, accept);
  if (path.startsWith('/openapi/v3')) return openApi(serving, path, url.searchParams.has('hash'));
  if (path === '/version' || path === '/version/') return { text: fixture('version.json').trimEnd() };
  if (healthy.has(path)) return { text: 'ok', type: 'text/plain; charset=utf-8' };
  throw noSuchPath();
}

/** servePath answers GET of a path that names no resource. */
export function servePath(
  serving: Serving,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const found = documentAt(serving, url, request.headers.accept ?? '');
  const year = 31_536_000;
  response.writeHead(200, {
    'content-type': found.type ?? 'application/json',
    'content-length': Buffer.byteLength(found.text),
    vary: 'Accept',
    'cache-control': found.keeps ? `public, immutable, max-age=${year}` : 'no-cache, private',
  });
  response.end(found.text);
}
