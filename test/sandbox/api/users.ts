/** The users of a cluster by name, with the groups that their certificates and tokens put them into. */
import type { User } from './call.ts';
import { serviceAccountUser } from './tokens.ts';

/** userNamed is the user behind a name: `admin`, a component, a node, a ServiceAccount, or anybody else. */
export function userNamed(name: string): User {
  if (name === 'admin' || name === 'kubernetes-admin') {
    return { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account) return serviceAccountUser(account[1] ?? '', account[2] ?? '');
  const groups = name.startsWith('system:node:') ? ['system:nodes'] : [];
  return { name, groups: [...groups, 'system:authenticated'] };
}

/** anonymous is who a request without credentials comes from. */
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
