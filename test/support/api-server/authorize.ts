/** RBAC by a table of permissions, and a record of which were needed. */
import type { Permission } from '../../../src/cluster/permissions.ts';
import { Refusal } from './objects.ts';
import type { Asked } from './request.ts';

/** authorize refuses a request that no permission covers, and records in `used` what it needed. */
export function authorize(
  permissions: readonly Permission[],
  asked: Asked,
  body: string,
  used: Set<string>,
): void {
  const resource =
    asked.subresource === undefined ? asked.resource : `${asked.resource}/${asked.subresource}`;
  need(permissions, { ...asked, resource }, nameOf(asked), used);
  // OwnerReferencesPermissionEnforcement: who blocks an owner's deletion must be allowed to.
  if (asked.verb !== 'create' && asked.verb !== 'patch') return;
  const owners: unknown = body === '' ? [] : JSON.parse(body).metadata?.ownerReferences;
  for (const owner of Array.isArray(owners) ? owners : []) {
    if (owner.blockOwnerDeletion !== true) continue;
    const kind = `${String(owner.kind).toLowerCase()}s/finalizers`;
    need(
      permissions,
      { verb: 'update', group: 'netaudit.dev', resource: kind, namespace: undefined },
      owner.name,
      used,
    );
  }
}

/** wordsOf are a table's permissions as `used` records them. */
export function wordsOf(permissions: readonly Permission[]): ReadonlySet<string> {
  return new Set(
    permissions.flatMap(({ apiGroup, resources, verbs, namespace, resourceNames }) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => word(apiGroup, resource, verb, namespace, resourceNames?.[0])),
      ),
    ),
  );
}

type Needed = Pick<Asked, 'verb' | 'group' | 'resource' | 'namespace'>;

function need(
  permissions: readonly Permission[],
  needed: Needed,
  name: string | undefined,
  used: Set<string>,
): void {
  const { verb, group, resource, namespace } = needed;
  const granting = permissions.find(
    (permission) =>
      permission.apiGroup === group &&
      permission.resources.includes(resource) &&
      permission.verbs.some((each) => each === verb) &&
      (permission.namespace === undefined || permission.namespace === namespace) &&
      (permission.resourceNames === undefined || permission.resourceNames.some((each) => each === name)),
  );
  if (!granting) {
    throw new Refusal(
      403,
      'Forbidden',
      `cannot ${verb} ${resource} ${name ?? ''} in ${namespace ?? 'the cluster'}`,
    );
  }
  used.add(word(group, resource, verb, granting.namespace, granting.resourceNames?.[0]));
}

/** A list or watch of one name by field selector counts as of that name. */
function nameOf({ name, query }: Asked): string | undefined {
  return name ?? /metadata\.name=([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1];
}

function word(group: string, resource: string, verb: string, namespace?: string, name?: string): string {
  return [group, resource, verb, namespace ?? '*', name ?? '*'].join(' ');
}
