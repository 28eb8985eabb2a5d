/** Access and token reviews: objects that are answered and never stored. */

import { type Attributes, decision, grants } from './authorization.ts';
import { decodeObject } from './body.ts';
import type { Call, User } from './call.ts';
import { badRequest } from './errors.ts';
import { at, isObject, type JsonObject, objectOf, stringOf, stringsOf } from './json.ts';
import type { ServerState } from './state.ts';
import { userOfToken } from './tokens.ts';

function asked(spec: JsonObject): Attributes {
  const resource = spec.resourceAttributes;
  const path = spec.nonResourceAttributes;
  if (isObject(resource) === isObject(path)) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  const from = objectOf(resource);
  const own = {
    group: stringOf(from.group),
    resource: stringOf(from.resource),
    subresource: stringOf(from.subresource),
    namespace: stringOf(from.namespace),
    name: stringOf(from.name),
  };
  if (isObject(path)) return { ...own, verb: stringOf(path.verb), path: stringOf(path.path) };
  return { ...own, verb: stringOf(from.verb) };
}

function status(state: ServerState, user: User, spec: JsonObject): JsonObject {
  const { allowed, why } = decision(state, user, asked(spec));
  return { allowed, ...(why ? { reason: why } : {}) };
}

function userInfo(user: User): JsonObject {
  return { username: user.name, groups: user.groups, ...(user.uid ? { uid: user.uid } : {}) };
}

/** review answers a POST of the authorization and authentication groups. */
export function review(state: ServerState, call: Call): JsonObject {
  const body = decodeObject(state, call, call.body);
  const spec = objectOf(body.spec);
  switch (call.resource.kind) {
    case 'SelfSubjectAccessReview':
      return { ...body, status: status(state, call.user, spec) };
    case 'LocalSubjectAccessReview':
    case 'SubjectAccessReview': {
      const user = { name: stringOf(spec.user), groups: stringsOf(spec.groups) };
      return { ...body, status: status(state, user, spec) };
    }
    case 'SelfSubjectRulesReview':
      return { ...body, status: rules(state, call.user, stringOf(spec.namespace)) };
    case 'SelfSubjectReview':
      return { ...body, status: { userInfo: userInfo(call.user) } };
    default:
      return { ...body, status: tokenStatus(state, stringOf(at(body, 'spec', 'token'))) };
  }
}

function tokenStatus(state: ServerState, token: string): JsonObject {
  const user = userOfToken(state, token);
  if (!user) return { user: {}, error: '[invalid bearer token, unknown]' };
  return {
    authenticated: true,
    user: userInfo(user),
    audiences: ['https://kubernetes.default.svc.cluster.local'],
  };
}

function rules(state: ServerState, user: User, namespace: string): JsonObject {
  const all = user.groups.includes('system:masters')
    ? [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]
    : grants(state, user, namespace).map((grant) => grant.rule);
  return {
    resourceRules: all.filter((rule) => rule.nonResourceURLs === undefined),
    nonResourceRules: all.filter((rule) => rule.nonResourceURLs !== undefined),
    incomplete: false,
  };
}
