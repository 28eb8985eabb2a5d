import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { definitions } from '../../src/api/crd.ts';
import type { Structural } from '../../src/api/structural.ts';
import { auditSpec, runStatus } from '../../src/api/v1alpha1/index.ts';
import { maxErrors, validate } from '../../src/api/validate.ts';
import { valid } from './arbitrary.ts';

const schemas: readonly Structural[] = definitions.flatMap(({ spec, status }) => [spec, status]);

test('everything that a schema admits is valid, and validating it again changes nothing', () => {
  for (const schema of schemas) {
    fc.assert(
      fc.property(valid(schema), (value) => {
        const once = validate(schema, value);
        assert.ok(once.ok, JSON.stringify(once));
        assert.deepEqual(validate(schema, once.value), once);
      }),
      { numRuns: 60 },
    );
  }
});

test('nothing that JSON can hold makes it throw, and faults are few', () => {
  for (const schema of schemas) {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const result = validate(schema, value);
        assert.ok(result.ok || (result.errors.length > 0 && result.errors.length <= maxErrors));
      }),
    );
  }
});

test('one wrong field anywhere is refused under its own path', () => {
  fc.assert(
    fc.property(valid(runStatus), fc.constantFrom(null, 1.5, {}, true), (value, wrong) => {
      const result = validate(runStatus, { ...Object(value), outcome: wrong });
      assert.ok(!result.ok);
      assert.ok(result.errors.some((error) => error.startsWith('outcome: ')));
    }),
    { numRuns: 50 },
  );
});

test('an empty spec becomes the default audit', () => {
  assert.deepEqual(validate(auditSpec, {}), {
    ok: true,
    value: {
      suspend: false,
      runTimeoutSeconds: 180,
      runsHistoryLimit: 10,
      maxUnknownPercent: 10,
      nodes: { perRun: 50 },
      checks: [
        { name: 'pods', type: 'PodToPod' },
        { name: 'dns', type: 'DNS' },
      ],
    },
  });
});

test('unknown fields are pruned, at every depth', () => {
  const result = validate(auditSpec, {
    color: 'red',
    nodes: { perRun: 3, color: 'red' },
    checks: [{ name: 'a', type: 'PodToPod', color: 'red' }],
  });
  assert.ok(result.ok);
  assert.deepEqual(result.value.nodes, { perRun: 3 });
  assert.deepEqual(result.value.checks, [{ name: 'a', type: 'PodToPod' }]);
  assert.ok(!('color' in result.value));
});

const refused: readonly {
  readonly name: string;
  readonly spec: unknown;
  readonly want: readonly string[];
}[] = [
  { name: 'a list instead of an object', spec: [], want: ['value: must be an object'] },
  { name: 'nothing', spec: null, want: ['value: must be an object'] },
  {
    name: 'text for a number',
    spec: { runTimeoutSeconds: '180' },
    want: ['runTimeoutSeconds: must be a whole number'],
  },
  {
    name: 'a fraction',
    spec: { maxUnknownPercent: 1.5 },
    want: ['maxUnknownPercent: must be a whole number'],
  },
  {
    name: 'not a number',
    spec: { maxUnknownPercent: Number.NaN },
    want: ['maxUnknownPercent: must be a whole number'],
  },
  {
    name: 'a number out of bounds',
    spec: { nodes: { perRun: 201 } },
    want: ['nodes.perRun: must be from 1 to 200'],
  },
  { name: 'text for yes or no', spec: { suspend: 'true' }, want: ['suspend: must be true or false'] },
  {
    name: 'a thousand checks',
    spec: { checks: Array.from({ length: 1000 }, (_, index) => ({ name: `c${index}`, type: 'PodToPod' })) },
    want: ['checks: must have at most 16 items'],
  },
  { name: 'no checks', spec: { checks: [] }, want: ['checks: must have at least 1 items'] },
  {
    name: 'two checks of one name',
    spec: {
      checks: [
        { name: 'a', type: 'PodToPod' },
        { name: 'a', type: 'PodToPod' },
      ],
    },
    want: ['checks: must not hold the same name twice'],
  },
  {
    name: 'a check without a type, and one of an unknown type',
    spec: { checks: [{ name: 'a' }, { name: 'b', type: 'Ping' }] },
    want: ['checks[0].type: is required', 'checks[1].type: must be one of PodToPod, DNS, ServiceRules'],
  },
  {
    name: 'one protocol twice',
    spec: { checks: [{ name: 'a', type: 'PodToPod', podToPod: { protocols: ['TCP', 'TCP'] } }] },
    want: ['checks[0].podToPod.protocols: must not hold the same item twice'],
  },
  {
    name: 'a label of 64 characters',
    spec: { nodes: { selector: { matchLabels: { zone: 'a'.repeat(64) } } } },
    want: ['nodes.selector.matchLabels["zone"]: must be no longer than 63 characters'],
  },
  {
    name: 'too many labels',
    spec: {
      nodes: {
        selector: { matchLabels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, ''])) },
      },
    },
    want: ['nodes.selector.matchLabels: must have at most 32 entries'],
  },
];

for (const { name, spec, want } of refused) {
  test(`refused with a sentence: ${name}`, () => {
    assert.deepEqual(validate(auditSpec, spec), { ok: false, errors: want });
  });
}

test('times are RFC 3339 and nothing near it', () => {
  const at = (startTime: unknown) => validate(runStatus, { startTime }).ok;
  for (const good of ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00+02:00']) {
    assert.ok(at(good), good);
  }
  for (const bad of ['2026-01-31', '2026-13-31T12:00:00Z', 'now', '', '2026-01-31T12:00:00', 1769860800]) {
    assert.ok(!at(bad), String(bad));
  }
});

test('length is counted in characters, as the API server counts it', () => {
  const schema = { type: 'string', maxLength: 3 } as const;
  assert.ok(validate(schema, '🙂🙂🙂').ok);
  assert.ok(!validate(schema, '🙂🙂🙂🙂').ok);
  assert.ok(!validate(schema, 'abcd').ok);
});

test('a prototype is no field, and a hostile key does no harm', () => {
  const polluted = validate(
    auditSpec,
    JSON.parse('{"nodes":{"selector":{"matchLabels":{"__proto__":"x"}}}}'),
  );
  assert.ok(polluted.ok);
  assert.equal(Object.hasOwn(polluted.value.nodes.selector?.matchLabels ?? {}, '__proto__'), true);
  const inherited = Object.create({ schedule: '* * * * *' });
  const result = validate(auditSpec, inherited);
  assert.ok(result.ok);
  assert.equal(result.value.schedule, undefined);
});

test('a list longer than its bound is refused without a look at its items', () => {
  let looked = 0;
  const item = Object.defineProperty({}, 'name', {
    enumerable: true,
    get: () => {
      looked += 1;
      return 'a';
    },
  });
  const result = validate(auditSpec, { checks: new Array(100_000).fill(item) });
  assert.deepEqual([result.ok, looked], [false, 0]);
});
