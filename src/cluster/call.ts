/** A call to the API server as data: what authorization sees of it, and the HTTP request that it becomes. */
import type { Verb } from './permissions.ts';
import type { Resource } from './resources.ts';

/** Call is one request; nothing reaches the API server that is not one. */
export interface Call {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  /** subresource is `status` or `log`. */
  readonly subresource?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** body becomes JSON; a `patch` is a JSON merge patch (RFC 7386). */
  readonly body?: unknown;
}

const methods: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** methodOf is the HTTP method of a call. */
export function methodOf(call: Call): string {
  return methods[call.verb];
}

/** pathOf is the URL path and query of a call, below the server's own prefix. */
export function pathOf(call: Call): string {
  const { group, version, plural } = call.resource;
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (call.namespace !== undefined) parts.push('namespaces', call.namespace);
  parts.push(plural);
  if (call.name !== undefined) parts.push(call.name);
  if (call.subresource !== undefined) parts.push(call.subresource);
  const query = new URLSearchParams(call.query);
  if (call.verb === 'watch') query.set('watch', 'true');
  const path = `/${parts.map(encodeURIComponent).join('/')}`;
  return query.size === 0 ? path : `${path}?${query}`;
}

/** contentTypeOf is the type of a call's body. */
export function contentTypeOf(call: Call): string {
  return call.verb === 'patch' ? 'application/merge-patch+json' : 'application/json';
}
