/** From a URL to what it asks for (k8s.io/apiserver/pkg/endpoints/request). */
import { badRequest, noSuchPath } from './errors.ts';
import type { ApiResource, Resources } from './resources.ts';

/** Target is the part of a call that the URL and the method say. */
export interface Target {
  verb: string;
  resource: ApiResource;
  subresource: string;
  rest: string;
  namespace: string;
  name: string;
}

const methods: Record<string, string> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
  GET: 'get',
  HEAD: 'get',
};

/** parseTarget reads /api/... and /apis/...; undefined for a path that names no resource (discovery among them). */
export function parseTarget(
  resources: Resources,
  method: string,
  path: string,
  query: URLSearchParams,
): Target | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const [group, version, ...rest] = core ? ['', ...parts.slice(1)] : parts.slice(1);
  if (group === undefined || version === undefined || rest.length === 0) return undefined;
  if (rest[0] === 'watch')
    throw badRequest('the deprecated watch prefix is not served; use the watch query parameter');
  const scoped =
    rest[0] === 'namespaces' && rest.length > 2 && !namespaceSubresources.includes(rest[2] ?? '');
  const namespace = scoped ? (rest[1] ?? '') : '';
  const [plural = '', name = '', subresource = '', ...tail] = scoped ? rest.slice(2) : rest;
  const resource = resources.find({ group, version, plural });
  if (!resource || (scoped && !resource.namespaced)) throw noSuchPath();
  const own = resource.plural === 'namespaces' && group === '' ? name : namespace;
  if (tail.length > 0 && subresource !== 'proxy') throw noSuchPath();
  const slash = path.endsWith('/') && tail.length > 0 ? '/' : '';
  return {
    verb: verbOf(method, name, query, subresource),
    resource,
    subresource,
    rest: tail.join('/') + slash,
    namespace: resource.namespaced ? own : '',
    name,
  };
}

const namespaceSubresources = ['status', 'finalize'];

function verbOf(method: string, name: string, query: URLSearchParams, subresource: string): string {
  const verb = methods[method];
  if (!verb) throw badRequest(`unknown method ${method}`);
  if (subresource === 'proxy') return verb;
  if (verb === 'get') {
    const watch = query.get('watch');
    const watching = watch !== null && watch !== 'false' && watch !== '0';
    if (watching && subresource === '') return 'watch';
    return name === '' ? 'list' : 'get';
  }
  return verb === 'delete' && name === '' ? 'deletecollection' : verb;
}
