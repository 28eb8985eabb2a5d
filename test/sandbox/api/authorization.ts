/** Who may do what: RBAC over the stored roles, as pkg/registry/rbac and plugin/pkg/auth/authorizer/rbac do it. */
import type { Call, User } from './call.ts';
import { ApiError } from './errors.ts';
import { at, type JsonObject, objectOf, objectsOf, stringOf, stringsOf } from './json.ts';
import { type ServerState, stored } from './state.ts';

/** Attributes are what a rule is asked about. */
export interface Attributes {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** set for requests that are for no resource: /healthz. */
  path?: string;
}

/** Grant is a rule that applies to a user, with the sentence that says through what. */
export interface Grant {
  rule: JsonObject;
  why: string;
}

function subjectMatches(subject: JsonObject, user: User, namespace: string): boolean {
  const name = stringOf(subject.name);
  if (subject.kind === 'User') return user.name === name;
  if (subject.kind === 'Group') return user.groups.includes(name);
  const own = stringOf(subject.namespace) || namespace;
  return subject.kind === 'ServiceAccount' && user.name === `system:serviceaccount:${own}:${name}`;
}

function rulesOf(state: ServerState, ref: JsonObject, namespace: string): JsonObject[] {
  const collection = ref.kind === 'Role' ? 'roles' : 'clusterroles';
  const where = ref.kind === 'Role' ? namespace : '';
  const role = stored(state, `rbac.authorization.k8s.io/${collection}`, where, stringOf(ref.name));
  return objectsOf(role?.rules);
}

/** grants lists every rule that applies to a user in a namespace ('' for cluster-wide rules only). */
export function grants(state: ServerState, user: User, namespace: string): Grant[] {
  const out: Grant[] = [];
  const collect = (bindings: JsonObject[], kind: string, where: string) => {
    for (const binding of bindings) {
      const subject = objectsOf(binding.subjects).find((item) => subjectMatches(item, user, where));
      if (!subject) continue;
      const ref = objectOf(binding.roleRef);
      const name = stringOf(at(binding, 'metadata', 'name'));
      const shown = where ? `${name}/${where}` : name;
      const who = `${stringOf(subject.kind)} "${subjectName(subject)}"`;
      const why = `RBAC: allowed by ${kind} "${shown}" of ${stringOf(ref.kind)} "${stringOf(ref.name)}" to ${who}`;
      for (const rule of rulesOf(state, ref, where)) out.push({ rule, why });
    }
  };
  collect(state.store.values('rbac.authorization.k8s.io/clusterrolebindings'), 'ClusterRoleBinding', '');
  if (namespace)
    collect(
      state.store.values('rbac.authorization.k8s.io/rolebindings', namespace),
      'RoleBinding',
      namespace,
    );
  return out;
}

function subjectName(subject: JsonObject): string {
  const name = stringOf(subject.name);
  return subject.kind === 'ServiceAccount' ? `${name}/${stringOf(subject.namespace)}` : name;
}

/** ruleAllows asks one PolicyRule. */
export function ruleAllows(rule: JsonObject, asked: Attributes): boolean {
  const verbs = stringsOf(rule.verbs);
  if (!verbs.includes('*') && !verbs.includes(asked.verb)) return false;
  if (asked.path !== undefined)
    return stringsOf(rule.nonResourceURLs).some((url) => urlMatches(url, asked.path ?? ''));
  const groups = stringsOf(rule.apiGroups);
  if (!groups.includes('*') && !groups.includes(asked.group)) return false;
  const wanted = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
  const matches = stringsOf(rule.resources).some(
    (name) =>
      name === '*' || name === wanted || (asked.subresource !== '' && name === `*/${asked.subresource}`),
  );
  if (!matches) return false;
  const names = stringsOf(rule.resourceNames);
  return names.length === 0 || names.includes(asked.name);
}

function urlMatches(pattern: string, path: string): boolean {
  return (
    pattern === path || pattern === '*' || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))
  );
}

/** decision says whether a user may, and through which binding. */
export function decision(
  state: ServerState,
  user: User,
  asked: Attributes,
): { allowed: boolean; why: string } {
  if (user.groups.includes('system:masters')) return { allowed: true, why: '' };
  for (const grant of grants(state, user, asked.path === undefined ? asked.namespace : '')) {
    if (ruleAllows(grant.rule, asked)) return { allowed: true, why: grant.why };
  }
  return { allowed: false, why: '' };
}

/** A list or watch of one name is authorized as of that name (apiserver's requestinfo.go). */
function exactName({ verb, query }: Call): string {
  if (verb !== 'list' && verb !== 'watch') return '';
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';
}

/** attributesOf is what a call asks for. */
export function attributesOf(call: Call): Attributes {
  return {
    verb: call.verb,
    group: call.resource.group,
    resource: call.resource.plural,
    subresource: call.subresource,
    namespace: call.namespace,
    name: call.name || exactName(call),
  };
}

/** authorize throws 403, in the words of the real server, where the caller may not. */
export function authorize(state: ServerState, call: Call): void {
  const asked = attributesOf(call);
  if (call.resource.plural === 'namespaces' && call.resource.group === '' && call.name)
    asked.namespace = call.name;
  if (decision(state, call.user, asked).allowed) return;
  throw denied(call.user, asked, call.resource.namespaced ? call.namespace : '');
}

/** denied is the 403 of the authorizer. */
export function denied(user: User, asked: Attributes, namespace: string): ApiError {
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
  const qualified = asked.group ? `${asked.resource}.${asked.group}` : asked.resource;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const subject = asked.name ? `${qualified} "${asked.name}"` : qualified;
  const message = `${subject} is forbidden: User "${user.name}" cannot ${asked.verb} resource "${resource}" in API group "${asked.group}" ${scope}`;
  return new ApiError(403, 'Forbidden', message, {
    ...(asked.name ? { name: asked.name } : {}),
    ...(asked.group ? { group: asked.group } : {}),
    kind: asked.resource,
  });
}

/** authorizePath throws 403 for a path that is no resource. */
export function authorizePath(state: ServerState, user: User, verb: string, path: string): void {
  const asked = { verb, group: '', resource: '', subresource: '', namespace: '', name: '', path };
  if (decision(state, user, asked).allowed) return;
  const message = `forbidden: User "${user.name}" cannot ${verb} path "${path}"`;
  throw new ApiError(403, 'Forbidden', message, {});
}
