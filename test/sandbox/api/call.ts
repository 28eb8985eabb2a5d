/** A request after its URL, its user and its body are known: the same over HTTPS and in process. */
import type { JsonValue } from './json.ts';
import type { ApiResource } from './resources.ts';

/** User is who asks: user.Info. */
export interface User {
  name: string;
  groups: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

/** Call is a request for a resource. */
export interface Call {
  user: User;
  /** get, list, watch, create, update, patch, delete, deletecollection: what RBAC calls it. */
  verb: string;
  resource: ApiResource;
  subresource: string;
  /** what follows the subresource in the path: a proxy's own path. */
  rest: string;
  namespace: string;
  name: string;
  query: URLSearchParams;
  body: JsonValue | undefined;
  contentType: string;
  userAgent: string;
  /** warnings collect here; HTTP sends each as a Warning header. */
  warnings: string[];
}

/** isDryRun tells whether nothing may be stored. */
export function isDryRun(call: Call): boolean {
  return call.query.getAll('dryRun').includes('All');
}
