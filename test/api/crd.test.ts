import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crds, definitions } from '../../src/api/crd.ts';
import type { Structural } from '../../src/api/structural.ts';
import { conditionReasons, conditionTypes } from '../../src/api/v1alpha1/index.ts';
import { validate } from '../../src/api/validate.ts';
import { visits } from './walk.ts';

test('both kinds are cluster-scoped, with a status of its own and one stored version', () => {
  assert.deepEqual(
    crds.map(({ metadata, spec }) => [metadata.name, spec.scope, spec.names]),
    [
      [
        'networkaudits.netaudit.dev',
        'Cluster',
        {
          kind: 'NetworkAudit',
          listKind: 'NetworkAuditList',
          plural: 'networkaudits',
          singular: 'networkaudit',
          shortNames: ['netaudit'],
          categories: ['netaudits'],
        },
      ],
      [
        'networkauditruns.netaudit.dev',
        'Cluster',
        {
          kind: 'NetworkAuditRun',
          listKind: 'NetworkAuditRunList',
          plural: 'networkauditruns',
          singular: 'networkauditrun',
          shortNames: ['netauditrun'],
          categories: ['netaudits'],
        },
      ],
    ],
  );
});

test('no category is a short name: kubectl would ask for both kinds where one was named', () => {
  const names = definitions.flatMap(
    ({ names }) => [names.shortName, names.plural, names.singular] as readonly string[],
  );
  assert.ok(!names.includes('netaudits'));
});

test('every default is a value of its own schema', () => {
  for (const { spec, status } of definitions) {
    for (const { path, schema } of [...visits('spec', spec), ...visits('status', status)]) {
      if (!('default' in schema)) continue;
      assert.ok(validate(schema, schema.default).ok, path);
    }
  }
});

/** fieldAt follows a column's path through the schema; an index or a filter leads into a list's items. */
function fieldAt(schema: Structural, names: readonly string[]): Structural | undefined {
  const [name, ...rest] = names;
  if (name === undefined) return schema;
  if (schema.type === 'array') return fieldAt(schema.items, names);
  if (schema.type !== 'object' || !('properties' in schema)) return undefined;
  const field = schema.properties[name];
  return field && fieldAt(field, rest);
}

test('every column shows a field that exists, of its own type', () => {
  for (const { spec, status, columns } of definitions) {
    for (const { name, jsonPath, type } of columns) {
      if (jsonPath === '.metadata.creationTimestamp') continue;
      const [top, ...names] = jsonPath
        .replaceAll(/\[[^\]]*\]/g, '')
        .slice(1)
        .split('.');
      const field = fieldAt(top === 'spec' ? spec : status, names);
      assert.ok(field !== undefined, `${name}: ${jsonPath}`);
      if (type === 'integer') assert.equal(field.type, 'integer');
      if (type === 'date') assert.ok('format' in field && field.format === 'date-time');
    }
  }
});

test('a condition that a column looks for is documented', () => {
  for (const { names, columns } of definitions) {
    const known = conditionTypes.filter(({ kind }) => kind === names.kind).map(({ type }) => type as string);
    for (const { jsonPath } of columns) {
      const type = /@\.type=="(\w+)"/.exec(jsonPath)?.[1];
      if (type !== undefined) assert.ok(known.includes(type), jsonPath);
    }
  }
});

test('what everyone sees of an audit fits on a line of 100 characters', () => {
  const widths: Readonly<Record<string, number>> = {
    Schedule: '*/10 * * * *'.length,
    'Last Run': '10m'.length,
    Verdict: 'FindingsFailed'.length,
    Passed: '20000'.length,
    Failed: '10000'.length,
    Unknown: '10000'.length,
    Ready: 'Unknown'.length,
    Age: '365d'.length,
    Audit: 'cluster'.length,
    Complete: 'False'.length,
    Outcome: 'Unknown'.length,
  };
  for (const { columns } of definitions) {
    const shown = columns.filter(({ priority }) => priority === undefined);
    const width = shown.reduce(
      (sum, { name }) => sum + 3 + Math.max(name.length, widths[name] ?? 100),
      'cluster'.length,
    );
    assert.ok(width <= 100, `${width}`);
  }
});

test('the verdict is what everyone sees first', () => {
  const shown = definitions.map(({ columns }) =>
    columns.filter(({ priority }) => priority === undefined).map(({ name }) => name),
  );
  const counts = ['Passed', 'Failed', 'Unknown'];
  assert.deepEqual(shown, [
    ['Verdict', ...counts, 'Last Run', 'Schedule', 'Ready', 'Age'],
    ['Audit', 'Outcome', ...counts, 'Complete', 'Age'],
  ]);
});

test('every reason is of a documented condition, in CamelCase, and told once', () => {
  const conditions = conditionTypes.map(({ kind, type }) => `${kind}/${type}`);
  const rows = conditionReasons.map(({ kind, condition, reason }) => `${kind}/${condition}/${reason}`);
  assert.equal(new Set(rows).size, rows.length);
  for (const { kind, condition, reason, meaning } of conditionReasons) {
    assert.ok(conditions.includes(`${kind}/${condition}`));
    assert.match(reason, /^[A-Z][A-Za-z]+$/);
    assert.match(meaning, /^[A-Za-z].*[.]$/);
  }
  for (const each of conditions)
    assert.ok(
      rows.some((row) => row.startsWith(`${each}/`)),
      each,
    );
});

test('whatever is wrong has something to do about it', () => {
  for (const { condition, status, reason, action } of conditionReasons) {
    if (condition === 'Ready' && status === 'False') assert.notEqual(action, '', reason);
    if (condition === 'Passed' && status === 'False') assert.notEqual(action, '', reason);
  }
});
