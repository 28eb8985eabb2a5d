/** Label and field selectors in the syntax of a URL's query. */
import { badRequest } from './errors.ts';
import { at, type JsonObject, objectOf, objectsOf, stringMapOf, stringOf, stringsOf } from './json.ts';
import type { ApiResource } from './resources.ts';

/** Labels is what a label selector looks at. */
export type Labels = Record<string, string>;
type Test<T> = (subject: T) => boolean;

const nameForm = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valueForm = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function splitTopLevel(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth++;
    if (text[index] === ')') depth--;
    if (text[index] === ',' && depth === 0) {
      out.push(text.slice(from, index));
      from = index + 1;
    }
  }
  out.push(text.slice(from));
  return out.map((part) => part.trim());
}

function key(text: string, selector: string): string {
  if (!nameForm.test(text)) throw unparsable(selector, `invalid label key ${JSON.stringify(text)}`);
  return text;
}

function value(text: string, selector: string): string {
  if (!valueForm.test(text)) throw unparsable(selector, `invalid label value ${JSON.stringify(text)}`);
  return text;
}

function unparsable(selector: string, why: string) {
  return badRequest(`unable to parse requirement: ${why} in ${JSON.stringify(selector)}`);
}

function labelTest(part: string, selector: string): Test<Labels> {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set) {
    const [, name = '', operator, list = ''] = set;
    const subject = key(name, selector);
    const values = list.split(',').map((item) => value(item.trim(), selector));
    const has = (labels: Labels) => Object.hasOwn(labels, subject) && values.includes(labels[subject] ?? '');
    return operator === 'in' ? has : (labels) => !has(labels);
  }
  const comparison = /^([^!=\s]+)\s*(!=|==|=)\s*(\S*)$/.exec(part);
  if (comparison) {
    const subject = key(comparison[1] ?? '', selector);
    const wanted = value(comparison[3] ?? '', selector);
    const same = (labels: Labels) => Object.hasOwn(labels, subject) && labels[subject] === wanted;
    return comparison[2] === '!=' ? (labels) => !same(labels) : same;
  }
  if (part.startsWith('!')) {
    const subject = key(part.slice(1).trim(), selector);
    return (labels) => !Object.hasOwn(labels, subject);
  }
  const subject = key(part, selector);
  return (labels) => Object.hasOwn(labels, subject);
}

/** parseLabelSelector makes a test of a query's `labelSelector`; it throws 400 on a syntax error. */
export function parseLabelSelector(selector: string): Test<Labels> {
  if (selector.trim() === '') return () => true;
  const tests = splitTopLevel(selector).map((part) => labelTest(part, selector));
  return (labels) => tests.every((test) => test(labels));
}

/** matchesLabelSelector applies a metav1.LabelSelector; an empty one matches everything. */
export function matchesLabelSelector(selector: JsonObject, labels: Labels): boolean {
  for (const [name, wanted] of Object.entries(stringMapOf(selector.matchLabels))) {
    if (labels[name] !== wanted) return false;
  }
  return objectsOf(selector.matchExpressions).every((expression) => {
    const name = stringOf(expression.key);
    const has = Object.hasOwn(labels, name);
    const inside = has && stringsOf(expression.values).includes(labels[name] ?? '');
    if (expression.operator === 'In') return inside;
    if (expression.operator === 'NotIn') return !inside;
    return expression.operator === 'Exists' ? has : !has;
  });
}

/** The field labels that a real server knows, beside metadata.name and metadata.namespace. */
const fieldsOf: Record<string, string[]> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  '/nodes': ['spec.unschedulable'],
  '/namespaces': ['status.phase'],
  '/secrets': ['type'],
  '/services': ['spec.clusterIP', 'spec.type'],
  '/events': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.k8s.io/events': [
    'regarding.kind',
    'regarding.namespace',
    'regarding.name',
    'regarding.uid',
    'regarding.apiVersion',
    'regarding.resourceVersion',
    'regarding.fieldPath',
    'reason',
    'reportingController',
    'type',
  ],
  'batch/jobs': ['status.successful'],
  'apps/replicasets': ['status.replicas'],
};

function knownFields(resource: ApiResource): string[] {
  const selectable = objectsOf(resource.crdVersion?.selectableFields).map((item) =>
    stringOf(item.jsonPath).slice(1),
  );
  const own = fieldsOf[`${resource.group}/${resource.plural}`] ?? [];
  return ['metadata.name', ...(resource.namespaced ? ['metadata.namespace'] : []), ...own, ...selectable];
}

/** What a field label means where it is not a path of the object. */
function fieldValue(object: JsonObject, field: string): string {
  if (field === 'source') return stringOf(at(object, 'source', 'component'));
  if (field === 'status.successful') return String(at(object, 'status', 'succeeded') ?? 0);
  const found = at(object, ...field.split('.'));
  if (found === undefined || found === null) {
    return field === 'spec.unschedulable' || field === 'spec.hostNetwork' ? 'false' : '';
  }
  return String(found);
}

/** FieldSelector is a parsed `fieldSelector`. */
export interface FieldSelector {
  test: Test<JsonObject>;
  /** the name that `metadata.name=` asks for: such a list is one look-up. */
  name: string | undefined;
}

/** parseFieldSelector makes a test of a query's `fieldSelector`; an unsupported field is 400. */
export function parseFieldSelector(resource: ApiResource, selector: string): FieldSelector {
  const known = knownFields(resource);
  let name: string | undefined;
  const tests = selector
    .split(',')
    .filter((part) => part !== '')
    .map((part): Test<JsonObject> => {
      const parsed = /^([^!=]+)(!=|==|=)(.*)$/.exec(part);
      if (!parsed) throw badRequest(`invalid selector: '${selector}'; can't understand '${part}'`);
      const [, field = '', operator, wanted = ''] = parsed;
      if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
      if (field === 'metadata.name' && operator !== '!=') name = wanted;
      return (object) => (fieldValue(object, field) === wanted) === (operator !== '!=');
    });
  return { test: (object) => tests.every((test) => test(object)), name };
}

/** labelsOf are an object's labels. */
export function labelsOf(object: JsonObject): Labels {
  return stringMapOf(objectOf(object.metadata).labels);
}
