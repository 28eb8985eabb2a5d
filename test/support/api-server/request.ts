/** A request as authorization sees it. */
import type { IncomingMessage } from 'node:http';

/** Asked is one request. */
export interface Asked {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly at: number;
  /** agent is the client's User-Agent. */
  readonly agent: string;
}

/** collectionOf is the key under which objects of a request's resource are kept. */
export function collectionOf({ group, resource }: Pick<Asked, 'group' | 'resource'>): string {
  // Events are the same objects in both groups.
  return resource === 'events' ? 'events' : group === '' ? resource : `${resource}.${group}`;
}

/** askedOf reads method and URL; undefined when they are no API request. */
export function askedOf(request: IncomingMessage): Asked | undefined {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const root = parts.shift();
  const group = root === 'api' ? '' : root === 'apis' ? parts.shift() : undefined;
  if (group === undefined) return undefined;
  parts.shift();
  let namespace: string | undefined;
  if (parts[0] === 'namespaces' && parts.length > 2) [, namespace] = parts.splice(0, 2);
  const [resource, name, subresource] = parts;
  if (resource === undefined) return undefined;
  const query = url.searchParams;
  const agent = request.headers['user-agent'] ?? '';
  const verb = verbOf(request.method ?? 'GET', name, query);
  return { verb, group, resource, namespace, name, subresource, query, at: performance.now(), agent };
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      if (query.get('watch') === 'true') return 'watch';
      return name === undefined ? 'list' : 'get';
  }
}

/** selected tells whether an object passes a request's label and field selectors, as far as they are used here. */
export function selected(query: URLSearchParams, object: { readonly [field: string]: unknown }): boolean {
  const labels = at(object, 'metadata', 'labels');
  const byLabel = termsOf(query.get('labelSelector')).every(([label, wanted]) => {
    const value = at(labels, label);
    return wanted === undefined ? value !== undefined : value === wanted;
  });
  return (
    byLabel &&
    termsOf(query.get('fieldSelector')).every(([field, wanted]) => at(object, ...field.split('.')) === wanted)
  );
}

/** at follows a path of fields. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found: unknown = value;
  for (const field of path) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, field) : undefined;
  }
  return found;
}

function termsOf(selector: string | null): [string, string | undefined][] {
  if (selector === null || selector === '') return [];
  return selector.split(',').map((term) => {
    const [name = '', value] = term.split('=');
    return [name, value];
  });
}
