/** Who asks: a client certificate of our authority, a bearer token, or nobody. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { User } from './call.ts';
import { ApiError } from './errors.ts';
import type { ServerState } from './state.ts';
import { userOfToken } from './tokens.ts';
import { anonymous } from './users.ts';

function strings(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** authenticate is the user of a request; credentials that are wrong are 401, none at all is system:anonymous. */
export function authenticate(state: ServerState, request: IncomingMessage): User {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
    const user = token && userOfToken(state, token);
    if (!user) throw unauthorized();
    return user;
  }
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return anonymous;
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return anonymous;
  if (!socket.authorized) throw unauthorized();
  const [name = ''] = strings(subject.CN);
  return { name, groups: [...strings(subject.O), 'system:authenticated'] };
}

function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}
