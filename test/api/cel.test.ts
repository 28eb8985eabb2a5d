import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '@bufbuild/cel';
import { type Definition, definitions } from '../../src/api/crd.ts';
import { kinds } from '../../src/api/names.ts';
import type { Rule } from '../../src/api/structural.ts';
import { unionRules } from '../../src/api/v1alpha1/checks.ts';
import { admit, unfilled } from './admit.ts';
import { visits } from './walk.ts';

function definitionOf(kind: string): Definition {
  const found = definitions.find(({ names }) => names.kind === kind);
  assert.ok(found !== undefined);
  return found;
}

const audits = definitionOf(kinds.audit.kind);
const runs = definitionOf(kinds.run.kind);
const metadata = { name: 'cluster' };

/** refuse is what an API server says of an audit with this spec. */
const refuse = (spec: unknown): readonly string[] => admit(audits, { metadata, spec });

test('every rule of both kinds is well-formed CEL', () => {
  const rules: readonly Rule[] = definitions.flatMap(({ rules, spec, status }) => [
    ...rules,
    ...[...visits('spec', spec), ...visits('status', status)].flatMap(
      ({ schema }) => schema['x-kubernetes-validations'] ?? [],
    ),
  ]);
  assert.ok(rules.length >= 10);
  for (const { rule } of rules) assert.doesNotThrow(() => parse(rule), rule);
});

test('defaults hold under the rules even before the defaults below them are filled in', () => {
  for (const { spec, status } of definitions) {
    for (const { schema } of [...visits('spec', spec), ...visits('status', status)]) {
      if ('default' in schema) assert.deepEqual(unfilled(schema), []);
    }
  }
});

const admitted: readonly { readonly name: string; readonly spec: unknown }[] = [
  { name: 'an empty spec', spec: {} },
  { name: 'a schedule in UTC', spec: { schedule: '*/10 * * * *' } },
  { name: 'a schedule with names, lists and ranges', spec: { schedule: '0,30 8-18/2 * JAN-MAR MON-FRI' } },
  {
    name: 'a schedule in a zone',
    spec: { schedule: '0 3 * * *', timeZone: 'America/Argentina/Buenos_Aires' },
  },
  { name: 'a zone with an offset in its name', spec: { schedule: '0 3 * * *', timeZone: 'Etc/GMT+5' } },
  { name: 'the tightest timeout', spec: { runTimeoutSeconds: 110 } },
  { name: 'the largest run', spec: { runTimeoutSeconds: 260, nodes: { perRun: 200 } } },
  {
    name: 'a selector',
    spec: {
      nodes: {
        selector: {
          matchLabels: { 'kubernetes.io/os': 'linux' },
          matchExpressions: [
            { key: 'zone', operator: 'In', values: ['a', 'b'] },
            { key: 'gpu', operator: 'DoesNotExist' },
          ],
        },
      },
    },
  },
  {
    name: 'options of a check',
    spec: { checks: [{ name: 'p', type: 'PodToPod', podToPod: { protocols: ['UDP'] } }] },
  },
];

for (const { name, spec } of admitted) {
  test(`admitted: ${name}`, () => assert.deepEqual(refuse(spec), []));
}

const refused: readonly { readonly name: string; readonly spec: unknown; readonly want: RegExp }[] = [
  {
    name: 'four fields of cron',
    spec: { schedule: '* * * *' },
    want: /^spec.schedule: schedule must have the five/,
  },
  {
    name: 'six fields of cron',
    spec: { schedule: '* * * * * *' },
    want: /^spec.schedule: schedule must have the five/,
  },
  { name: 'a nickname', spec: { schedule: '@hourly' }, want: /^spec.schedule: schedule must have the five/ },
  {
    name: 'a zone inside the schedule',
    spec: { schedule: 'TZ=UTC 0 3 * * *' },
    want: /a time zone goes into timeZone/,
  },
  {
    name: 'a schedule in another script',
    spec: { schedule: '五 * * * *' },
    want: /^spec.schedule: schedule must/,
  },
  {
    name: 'a zone that does not exist',
    spec: { schedule: '0 3 * * *', timeZone: 'Mars/Base' },
    want: /IANA database/,
  },
  {
    name: 'the zone of the machine',
    spec: { schedule: '0 3 * * *', timeZone: 'Local' },
    want: /IANA database/,
  },
  {
    name: 'an offset for a zone',
    spec: { schedule: '0 3 * * *', timeZone: '+02:00' },
    want: /IANA database/,
  },
  {
    name: 'a path for a zone',
    spec: { schedule: '0 3 * * *', timeZone: '../etc/passwd' },
    want: /IANA database/,
  },
  {
    name: 'a zone without a schedule',
    spec: { timeZone: 'UTC' },
    want: /^spec.timeZone: timeZone is of no use without/,
  },
  {
    name: 'too little time',
    spec: { runTimeoutSeconds: 109 },
    want: /^spec.runTimeoutSeconds: .*lower nodes.perRun/,
  },
  {
    name: 'too many nodes',
    spec: { nodes: { perRun: 121 } },
    want: /^spec.runTimeoutSeconds: .*raise runTimeoutSeconds/,
  },
  {
    name: 'In without values',
    spec: { nodes: { selector: { matchExpressions: [{ key: 'zone', operator: 'In' }] } } },
    want: /matchExpressions\[0\].values: values must not be empty for In/,
  },
  {
    name: 'Exists with values',
    spec: { nodes: { selector: { matchExpressions: [{ key: 'zone', operator: 'Exists', values: ['a'] }] } } },
    want: /must be left out for Exists/,
  },
  {
    name: 'a label of 318 characters',
    spec: { nodes: { selector: { matchLabels: { ['k'.repeat(318)]: 'v' } } } },
    want: /keys of 1 to 317 characters/,
  },
  {
    name: 'a check in capitals',
    spec: { checks: [{ name: 'Pods', type: 'PodToPod' }] },
    want: /must be a DNS label/,
  },
  {
    name: 'a check in another script',
    spec: { checks: [{ name: 'проверка', type: 'PodToPod' }] },
    want: /DNS label/,
  },
];

for (const { name, spec, want } of refused) {
  test(`refused with a sentence: ${name}`, () => {
    const errors = refuse(spec);
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0] ?? '', want);
  });
}

test('a member of the union beside another type is refused, for any list of kinds', () => {
  const rules = unionRules([
    { type: 'PodToPod', member: 'podToPod' },
    { type: 'DNS', member: 'dns' },
  ]);
  assert.deepEqual(rules, [
    {
      rule: "!has(self.podToPod) || self.type == 'PodToPod'",
      message: 'podToPod holds the options of checks of type PodToPod: remove it, or set type to PodToPod',
      reason: 'FieldValueForbidden',
      fieldPath: '.podToPod',
    },
    {
      rule: "!has(self.dns) || self.type == 'DNS'",
      message: 'dns holds the options of checks of type DNS: remove it, or set type to DNS',
      reason: 'FieldValueForbidden',
      fieldPath: '.dns',
    },
  ]);
});

test('names that leave no room for the names made from them are refused', () => {
  const spec = { auditName: 'cluster' };
  assert.deepEqual(admit(audits, { metadata: { name: 'a'.repeat(52) } }), []);
  assert.match(
    admit(audits, { metadata: { name: 'a'.repeat(253) } })[0] ?? '',
    /no longer than 52 characters/,
  );
  assert.deepEqual(admit(runs, { metadata: { name: 'a'.repeat(63) }, spec }), []);
  assert.match(
    admit(runs, { metadata: { name: 'a'.repeat(64) }, spec })[0] ?? '',
    /no longer than 63 characters/,
  );
});

test('a run of an audit that can have no such name is refused', () => {
  for (const auditName of ['a', 'prod.eu-1', `a${'-'.repeat(50)}z`]) {
    assert.deepEqual(admit(runs, { metadata, spec: { auditName } }), []);
  }
  for (const auditName of ['Prod', 'a b', '-a', 'a-', 'a\n', '\u001B[2J', 'аудит', 'a,metadata.name=b']) {
    const [error = ''] = admit(runs, { metadata, spec: { auditName } });
    assert.match(error, /^spec\.auditName: auditName must be the name of a NetworkAudit/);
  }
});

test('a run cannot be made to run another audit', () => {
  const before = { metadata, spec: { auditName: 'a' } };
  assert.deepEqual(admit(runs, before, before), []);
  assert.match(
    admit(runs, { metadata, spec: { auditName: 'b' } }, before)[0] ?? '',
    /^spec: spec cannot be changed/,
  );
});

test('a plan is written once, and neither changed nor removed', () => {
  const plan = {
    auditGeneration: 1,
    number: 0,
    seed: '0123456789abcdef',
    dueTime: '2026-01-31T12:00:00Z',
    deadlineTime: '2026-01-31T12:03:00Z',
    maxUnknownPercent: 10,
    checks: [],
    nodes: [],
    targets: [],
    retries: [],
    skipped: [],
    eligible: 0,
  };
  const spec = { auditName: 'a' };
  const fresh = { metadata, spec };
  const planned = { metadata, spec, status: { plan } };
  assert.deepEqual(admit(runs, planned, fresh), []);
  assert.deepEqual(admit(runs, { ...planned, status: { plan, outcome: 'Passed' } }, planned), []);
  const changed = { ...planned, status: { plan: { ...plan, number: 1 } } };
  assert.match(
    admit(runs, changed, planned)[0] ?? '',
    /^status.plan: plan is written once and never changed/,
  );
  assert.match(admit(runs, fresh, planned)[0] ?? '', /^status: plan cannot be removed/);
});
