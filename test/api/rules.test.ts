import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitions } from '../../src/api/crd.ts';
import type { Structural } from '../../src/api/structural.ts';
import { type Visit, visits } from './walk.ts';

/** The rules of our API (Kubernetes' API conventions and its linter) as one walk over both kinds. */
const all: readonly Visit[] = definitions.flatMap(({ names, spec, status }) => [
  ...visits(`${names.kind}.spec`, spec, 'spec'),
  ...visits(`${names.kind}.status`, status, 'status'),
]);

/** offenders are the paths that break a rule: shown by name when there are any. */
function offenders(breaks: (visit: Visit) => boolean): readonly string[] {
  return all.filter(breaks).map(({ path }) => path);
}

const named = (visit: Visit): visit is Visit & { readonly name: string } => visit.name !== undefined;
const spec = ({ path }: Visit): boolean => path.startsWith('NetworkAudit.spec');

test('the walk sees both kinds, fields of items and fields of fields', () => {
  const paths = all.map(({ path }) => path);
  for (const path of [
    'NetworkAudit.spec.nodes.selector.matchExpressions[].values[]',
    'NetworkAuditRun.status.plan.targets[].addresses[]',
    'NetworkAuditRun.status.matrix.rows[].reach',
  ]) {
    assert.ok(paths.includes(path), path);
  }
});

test('field names are camelCase, without underscores or abbreviations in capitals', () => {
  assert.deepEqual(
    offenders((visit) => named(visit) && !/^[a-z]+([A-Z][a-z0-9]+)*[0-9]*$/.test(visit.name)),
    [],
  );
});

test('every field has a description that starts with its name and ends as a sentence', () => {
  const bad = ({ name, schema }: Visit & { readonly name: string }): boolean => {
    const text = schema.description ?? '';
    return !text.startsWith(`${name} `) || !text.endsWith('.') || /[\n\t]/.test(text);
  };
  assert.deepEqual(
    offenders((visit) => named(visit) && bad(visit)),
    [],
  );
});

test('no fractions, no nulls, no free-form objects', () => {
  const types = ['string', 'integer', 'boolean', 'array', 'object'];
  const free = (schema: Structural): boolean =>
    !types.includes(schema.type) ||
    Object.keys(schema).some((key) => /^(nullable|x-kubernetes-(preserve-unknown|int-or-string))/.test(key));
  assert.deepEqual(
    offenders(({ schema }) => free(schema)),
    [],
  );
});

test('what no structural schema may hold is nowhere', () => {
  const forbidden = [
    '$ref',
    'definitions',
    'patternProperties',
    'uniqueItems',
    'oneOf',
    'anyOf',
    'allOf',
    'not',
  ];
  assert.deepEqual(
    offenders(({ schema }) => forbidden.some((key) => key in schema)),
    [],
  );
});

test('every list is bounded, and says how it is merged', () => {
  const bad = (schema: Structural): boolean =>
    schema.type === 'array' &&
    !(
      schema.maxItems <= 500 &&
      ['atomic', 'set', 'map'].includes(schema['x-kubernetes-list-type']) &&
      (schema.minItems ?? 0) <= schema.maxItems
    );
  assert.deepEqual(
    offenders(({ schema }) => bad(schema)),
    [],
  );
});

test('a list with keys has items that must have them', () => {
  const bad = (schema: Structural): boolean => {
    if (schema.type !== 'array' || !('x-kubernetes-list-map-keys' in schema)) return false;
    const { items } = schema;
    return (
      !('required' in items) ||
      schema['x-kubernetes-list-map-keys'].some((key) => !items.required?.includes(key))
    );
  };
  assert.deepEqual(
    offenders(({ schema }) => bad(schema)),
    [],
  );
});

test('a set holds scalars only', () => {
  const bad = (schema: Structural): boolean =>
    schema.type === 'array' &&
    schema['x-kubernetes-list-type'] === 'set' &&
    ['array', 'object'].includes(schema.items.type);
  assert.deepEqual(
    offenders(({ schema }) => bad(schema)),
    [],
  );
});

test('every text is bounded, by a length, a closed list or a format', () => {
  const bad = (schema: Structural): boolean =>
    schema.type === 'string' &&
    !('enum' in schema || 'format' in schema || (schema.maxLength > 0 && schema.maxLength <= 1024));
  assert.deepEqual(
    offenders(({ schema }) => bad(schema)),
    [],
  );
});

test('every number has a format and both bounds, within the format', () => {
  const bad = (schema: Structural): boolean => {
    if (schema.type !== 'integer') return false;
    const most = schema.format === 'int32' ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER;
    return !(schema.minimum < schema.maximum && schema.maximum <= most && Number.isInteger(schema.minimum));
  };
  assert.deepEqual(
    offenders(({ schema }) => bad(schema)),
    [],
  );
});

test('spec.suspend is the only yes-or-no', () => {
  assert.deepEqual(
    offenders(({ schema }) => schema.type === 'boolean'),
    ['NetworkAudit.spec.suspend'],
  );
});

test('labels of a selector are the only map', () => {
  assert.deepEqual(
    offenders(({ schema }) => 'additionalProperties' in schema),
    ['NetworkAudit.spec.nodes.selector.matchLabels'],
  );
});

test('there is no phase, no stamp and no state machine in a word', () => {
  assert.deepEqual(
    offenders((visit) => named(visit) && /phase|stamp|^state$/i.test(visit.name)),
    [],
  );
});

test('times end in Time, or are since; and nothing else is a time', () => {
  const isTime = ({ schema }: Visit): boolean => schema.type === 'string' && 'format' in schema;
  const saysTime = (visit: Visit): boolean => named(visit) && /(Time|^since)$/.test(visit.name);
  assert.deepEqual(
    offenders((visit) => named(visit) && isTime(visit) !== saysTime(visit)),
    [],
  );
});

test('durations carry their unit in the name', () => {
  const durations = /(timeout|deadline|period|interval|delay|duration|roundTrip)/i;
  const units = /(Seconds|Milliseconds|Microseconds|Time)$/;
  assert.deepEqual(
    offenders((visit) => named(visit) && durations.test(visit.name) && !units.test(visit.name)),
    [],
  );
});

test('values of closed lists are CamelCase, True and False, or the two places', () => {
  const known = ['pod', 'node', 'True', 'False'];
  const bad = (schema: Structural): boolean =>
    schema.type === 'string' &&
    'enum' in schema &&
    schema.enum.some((value) => !known.includes(value) && !/^[A-Z][A-Za-z0-9]*$/.test(value));
  assert.deepEqual(
    offenders(({ schema }) => bad(schema)),
    [],
  );
});

test('a field is required or has a default, never both, and what is required exists', () => {
  const bad = (schema: Structural): boolean => {
    if (schema.type !== 'object' || !('properties' in schema)) return false;
    return (schema.required ?? []).some((name) => {
      const field = schema.properties[name];
      return field === undefined || 'default' in field;
    });
  };
  assert.deepEqual(
    offenders(({ schema }) => bad(schema)),
    [],
  );
});

test('what a user may write is optional where a default is good enough: an empty spec is a good audit', () => {
  const audit = all.find(({ path }) => path === 'NetworkAudit.spec');
  assert.ok(audit !== undefined && 'properties' in audit.schema);
  assert.equal(audit.schema.required, undefined);
  assert.deepEqual(
    Object.entries(audit.schema.properties)
      .filter(([, field]) => !('default' in field))
      .map(([name]) => name),
    ['schedule', 'timeZone', 'startingDeadlineSeconds'],
  );
});

test('conditions are a list by type with all that metav1.Condition asks for', () => {
  const conditions = all.filter(({ name }) => name === 'conditions');
  assert.equal(conditions.length, 2);
  for (const { schema } of conditions) {
    assert.ok(
      schema.type === 'array' && 'x-kubernetes-list-map-keys' in schema && 'required' in schema.items,
    );
    assert.deepEqual(schema['x-kubernetes-list-map-keys'], ['type']);
    assert.deepEqual(schema.items.required, ['type', 'status', 'lastTransitionTime', 'reason', 'message']);
  }
});

test('a fresh status says that nothing was observed yet', () => {
  for (const { status } of definitions) assert.deepEqual(status.default, { observedGeneration: -1 });
});

test('every rule has a message that says what to do, on one line', () => {
  const bad = ({ schema }: Visit): boolean =>
    (schema['x-kubernetes-validations'] ?? []).some(
      ({ message }) => message.length < 40 || message.length > 300 || /[\n.]$|\n/.test(message),
    );
  assert.deepEqual(offenders(bad), []);
});

test('a rule points at a field that exists', () => {
  const bad = ({ schema }: Visit): boolean =>
    (schema['x-kubernetes-validations'] ?? []).some(
      ({ fieldPath }) =>
        fieldPath !== undefined &&
        !('properties' in schema && Object.hasOwn(schema.properties, fieldPath.slice(1))),
    );
  assert.deepEqual(offenders(bad), []);
});

test('no rule looks back where the API server cannot tell old items from new ones', () => {
  assert.deepEqual(
    offenders(
      ({ schema, atomic }) =>
        atomic && (schema['x-kubernetes-validations'] ?? []).some(({ rule }) => rule.includes('oldSelf')),
    ),
    [],
  );
});

test('nothing that a user writes can hold more than a few kilobytes at any one place', () => {
  const most = (schema: Structural): number =>
    schema.type === 'array' && schema.items.type === 'string' && 'maxLength' in schema.items
      ? schema.maxItems * schema.items.maxLength
      : 0;
  assert.deepEqual(
    offenders((visit) => spec(visit) && most(visit.schema) > 8192),
    [],
  );
});
