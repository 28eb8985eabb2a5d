/** Roles and their bindings (pkg/apis/rbac). */
import { invalidValue, required, unsupported } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { equal, listOf, objectOf, objectsOf, stringOf } from '../json.ts';
import type { Strategy } from '../strategy.ts';
import { mapList, mapMember, withDefaults } from './pod-defaults.ts';

/** roleStrategy checks the rules of Roles and ClusterRoles. */
export const roleStrategy: Strategy = {
  name: 'path',
  validate: (object) => {
    const causes: Cause[] = [];
    for (const [index, rule] of objectsOf(object.rules).entries()) {
      const field = `rules[${index}]`;
      if (listOf(rule.verbs).length === 0)
        causes.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
      const urls = listOf(rule.nonResourceURLs).length > 0;
      if (urls && object.kind === 'Role') {
        causes.push(
          invalidValue(
            `${field}.nonResourceURLs`,
            rule.nonResourceURLs ?? [],
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      }
      if (urls) continue;
      if (listOf(rule.apiGroups).length === 0)
        causes.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
      if (listOf(rule.resources).length === 0)
        causes.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
    }
    return causes;
  },
};

const rbac = 'rbac.authorization.k8s.io';

/** bindingStrategy: subjects are complete, and the role never changes. */
export const bindingStrategy: Strategy = {
  name: 'path',
  default: (object) => {
    const subjects = mapList(object, 'subjects', (subject) =>
      withDefaults(subject, { apiGroup: subject.kind === 'ServiceAccount' ? '' : rbac }),
    );
    const bare = mapList(subjects, 'subjects', ({ apiGroup, ...rest }) =>
      apiGroup ? { apiGroup, ...rest } : rest,
    );
    return mapMember(bare, 'roleRef', (ref) => (ref.apiGroup ? ref : { ...ref, apiGroup: rbac }));
  },
  validate: (object) => {
    const causes: Cause[] = [];
    const ref = objectOf(object.roleRef);
    const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
    if (!kinds.includes(stringOf(ref.kind)))
      causes.push(unsupported('roleRef.kind', stringOf(ref.kind), kinds));
    if (stringOf(ref.name) === '') causes.push(required('roleRef.name'));
    for (const [index, subject] of objectsOf(object.subjects).entries()) {
      const field = `subjects[${index}]`;
      if (stringOf(subject.name) === '') causes.push(required(`${field}.name`));
      if (!['User', 'Group', 'ServiceAccount'].includes(stringOf(subject.kind))) {
        causes.push(
          unsupported(`${field}.kind`, stringOf(subject.kind), ['ServiceAccount', 'User', 'Group']),
        );
      }
      if (
        subject.kind === 'ServiceAccount' &&
        object.kind !== 'RoleBinding' &&
        stringOf(subject.namespace) === ''
      ) {
        causes.push(required(`${field}.namespace`));
      }
    }
    return causes;
  },
  validateUpdate: (next, old) =>
    equal(next.roleRef, old.roleRef)
      ? []
      : [invalidValue('roleRef', next.roleRef ?? {}, 'cannot change roleRef')],
};
