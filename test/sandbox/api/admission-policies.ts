/** ValidatingAdmissionPolicies: CEL over the object of a request, bound to namespaces and kinds. */
import type { Call } from './call.ts';
import { celValue, type Evaluated, evaluate } from './cel.ts';
import { ApiError, qualified } from './errors.ts';
import { at, type JsonObject, objectOf, objectsOf, stringOf, stringsOf } from './json.ts';
import { labelsOf, matchesLabelSelector } from './selectors.ts';
import { type ServerState, stored } from './state.ts';

type Bindings = Parameters<typeof evaluate>[1];
type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

interface Request {
  call: Call;
  operation: Operation;
  object: JsonObject | undefined;
  old: JsonObject | undefined;
}

const group = 'admissionregistration.k8s.io';

function has(list: string[], wanted: string): boolean {
  return list.includes('*') || list.includes(wanted);
}

function ruleMatches(rule: JsonObject, request: Request): boolean {
  const { resource, subresource } = request.call;
  const name = subresource ? `${resource.plural}/${subresource}` : resource.plural;
  const resources = stringsOf(rule.resources);
  const named =
    resources.includes(name) ||
    resources.includes('*/*') ||
    (resources.includes('*') && subresource === '') ||
    resources.includes(`${resource.plural}/*`);
  const scope = stringOf(rule.scope) || '*';
  const scoped = scope === '*' || (scope === 'Namespaced') === resource.namespaced;
  const names = stringsOf(rule.resourceNames);
  const about = request.object ?? request.old;
  return (
    named &&
    scoped &&
    has(stringsOf(rule.operations), request.operation) &&
    has(stringsOf(rule.apiGroups), resource.group) &&
    has(stringsOf(rule.apiVersions), resource.version) &&
    (names.length === 0 || names.includes(stringOf(at(about, 'metadata', 'name'))))
  );
}

function matches(state: ServerState, resources: JsonObject, request: Request): boolean {
  const rules = objectsOf(resources.resourceRules);
  if (rules.length > 0 && !rules.some((rule) => ruleMatches(rule, request))) return false;
  if (objectsOf(resources.excludeResourceRules).some((rule) => ruleMatches(rule, request))) return false;
  const { call } = request;
  const namespace = stored(state, '/namespaces', '', call.namespace);
  if (
    call.resource.namespaced &&
    namespace &&
    !matchesLabelSelector(objectOf(resources.namespaceSelector), labelsOf(namespace))
  ) {
    return false;
  }
  const selector = objectOf(resources.objectSelector);
  return [request.object, request.old].some(
    (object) => object !== undefined && matchesLabelSelector(selector, labelsOf(object)),
  );
}

function bindingsOf(state: ServerState, request: Request): Bindings {
  const { call } = request;
  const schema = state.schemas.of(call.resource);
  const namespace = stored(state, '/namespaces', '', call.namespace);
  const value = (object: JsonObject | undefined) => (object ? celValue(object, schema) : null);
  const { group: api, version, plural, kind } = call.resource;
  const asked = {
    kind: { group: api, version, kind },
    resource: { group: api, version, resource: plural },
    subResource: call.subresource,
    name: stringOf(at(request.object ?? request.old, 'metadata', 'name')),
    namespace: call.namespace,
    operation: request.operation,
    userInfo: { username: call.user.name, groups: call.user.groups, uid: call.user.uid ?? '', extra: {} },
    dryRun: call.query.has('dryRun'),
    options: {},
  };
  return {
    object: value(request.object),
    oldObject: value(request.old),
    request: celValue(asked, undefined),
    params: null,
    namespaceObject: namespace ? celValue(namespace, state.schemas.kind('v1', 'Namespace')) : null,
  };
}

/** Variables are worked out in their order; one that fails is not there, which fails whoever asks for it. */
function withVariables(spec: JsonObject, bindings: Bindings): Bindings {
  const variables = new Map<string, Bindings[string]>();
  for (const item of objectsOf(spec.variables)) {
    const result = safely(stringOf(item.expression), { ...bindings, variables });
    if (result.ok) variables.set(stringOf(item.name), result.value);
  }
  return { ...bindings, variables };
}

function safely(expression: string, bindings: Bindings): Evaluated {
  try {
    return evaluate(expression, bindings);
  } catch (error) {
    return {
      ok: false,
      error: `compilation error: ${error instanceof Error ? error.message : 'unreadable'}`,
    };
  }
}

interface Denial {
  message: string;
  reason: string;
}

function denials(spec: JsonObject, bindings: Bindings): Denial[] {
  const fails = stringOf(spec.failurePolicy) !== 'Ignore';
  for (const condition of objectsOf(spec.matchConditions)) {
    const result = safely(stringOf(condition.expression), bindings);
    if (!result.ok) return fails ? [{ message: `matchConditions: ${result.error}`, reason: '' }] : [];
    if (result.value !== true) return [];
  }
  return objectsOf(spec.validations).flatMap((validation): Denial[] => {
    const expression = stringOf(validation.expression).trim();
    const reason = stringOf(validation.reason);
    const result = safely(expression, bindings);
    if (!result.ok)
      return fails
        ? [{ message: `expression '${expression}' resulted in error: ${result.error}`, reason: '' }]
        : [];
    if (result.value === true) return [];
    const said = validation.messageExpression
      ? safely(stringOf(validation.messageExpression), bindings)
      : undefined;
    const composed = said?.ok && typeof said.value === 'string' ? said.value : '';
    return [
      {
        message: composed || stringOf(validation.message).trim() || `failed expression: ${expression}`,
        reason,
      },
    ];
  });
}

const codes: Record<string, number> = {
  Invalid: 422,
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

function refuse(call: Call, name: string, policy: string, binding: string, denial: Denial): ApiError {
  const text = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request: ${denial.message}`;
  const reason = denial.reason || 'Invalid';
  const { group: api, plural } = call.resource;
  return new ApiError(
    codes[reason] ?? 422,
    reason,
    `${qualified(call.resource)} "${name}" is forbidden: ${text}`,
    {
      name,
      ...(api ? { group: api } : {}),
      kind: plural,
      causes: [{ message: text }],
    },
  );
}

/** checkPolicies throws what a bound policy denies, and warns where its binding only warns. */
export function checkPolicies(
  state: ServerState,
  call: Call,
  operation: Operation,
  object: JsonObject | undefined,
  old: JsonObject | undefined,
): void {
  const bound = state.store.values(`${group}/validatingadmissionpolicybindings`);
  if (bound.length === 0 || call.resource.group === group) return;
  const request: Request = { call, operation, object, old };
  let bindings: Bindings | undefined;
  for (const binding of bound) {
    const policyName = stringOf(at(binding, 'spec', 'policyName'));
    const policy = stored(state, `${group}/validatingadmissionpolicies`, '', policyName);
    const spec = objectOf(policy?.spec);
    if (!policy || !matches(state, objectOf(spec.matchConstraints), request)) continue;
    if (!matches(state, objectOf(at(binding, 'spec', 'matchResources')), request)) continue;
    bindings ??= bindingsOf(state, request);
    const [first] = denials(spec, withVariables(spec, bindings));
    if (!first) continue;
    const actions = stringsOf(at(binding, 'spec', 'validationActions'));
    const bindingName = stringOf(at(binding, 'metadata', 'name'));
    const name = stringOf(at(object ?? old, 'metadata', 'name'));
    if (actions.includes('Deny')) throw refuse(call, name, policyName, bindingName, first);
    if (actions.includes('Warn')) {
      call.warnings.push(
        `Validation failed for ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}': ${first.message}`,
      );
    }
  }
}
