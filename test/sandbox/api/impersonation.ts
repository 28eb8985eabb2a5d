/** Impersonation: `kubectl --as`. Who may is a matter of RBAC (verb impersonate on users, groups, serviceaccounts). */
import type { IncomingMessage } from 'node:http';
import { decision, denied } from './authorization.ts';
import type { User } from './call.ts';
import { ApiError } from './errors.ts';
import type { ServerState } from './state.ts';
import { serviceAccountUser } from './tokens.ts';

function check(state: ServerState, user: User, resource: string, name: string, namespace: string): void {
  const asked = { verb: 'impersonate', group: '', resource, subresource: '', namespace, name };
  if (!decision(state, user, asked).allowed) throw denied(user, asked, namespace);
}

/** impersonated is the user that a request's Impersonate headers ask for, or the user itself; it throws 403. */
export function impersonated(state: ServerState, request: IncomingMessage, user: User): User {
  const { headers } = request;
  const name = headers['impersonate-user'];
  const groups = String(headers['impersonate-group'] ?? '')
    .split(', ')
    .filter(Boolean);
  const other = Object.keys(headers).find(
    (header) => header.startsWith('impersonate-extra') || header === 'impersonate-uid',
  );
  if (other) throw new ApiError(501, 'NotImplemented', `${other} is not served`);
  if (typeof name !== 'string' || name === '') {
    if (groups.length > 0)
      throw new ApiError(500, 'InternalError', 'requested impersonation without impersonating a user');
    return user;
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account) check(state, user, 'serviceaccounts', account[2] ?? '', account[1] ?? '');
  else check(state, user, 'users', name, '');
  for (const group of groups) check(state, user, 'groups', group, '');
  if (groups.length > 0) return { name, groups: [...new Set([...groups, 'system:authenticated'])] };
  return account
    ? serviceAccountUser(account[1] ?? '', account[2] ?? '')
    : { name, groups: ['system:authenticated'] };
}
