import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jobName, labelValue, productLabels, runName, runNameOfGeneration } from '../../src/api/names.ts';
import { maxAuditNameLength, maxRunNameLength } from '../../src/api/v1alpha1/index.ts';

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelPattern = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** subdomain makes names that Kubernetes admits for cluster-scoped objects and Nodes. */
const subdomain = (longest: number) =>
  fc
    .array(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/), { minLength: 1, maxLength: 12 })
    .map((labels) =>
      labels
        .join('.')
        .slice(0, longest)
        .replace(/[-.]+$/, ''),
    )
    .filter((name) => name !== '');
const place = fc.constantFrom<'pod' | 'node'>('pod', 'node');
const run = fc.record({ name: subdomain(253), uid: fc.uuid() });

test('names of Jobs are DNS labels, whatever the names that they come from', () => {
  fc.assert(
    fc.property(run, place, subdomain(253), (run, place, node) => {
      const name = jobName(run, place, node);
      assert.match(name, dnsLabel);
      assert.ok(name.length <= 63, name);
      assert.equal(jobName({ ...run }, place, node), name);
    }),
  );
});

test('another run, place or node gives another name, even where the beginning is the same', () => {
  fc.assert(
    fc.property(run, place, subdomain(253), fc.uuid(), (run, place, node, uid) => {
      const name = jobName(run, place, node);
      assert.notEqual(jobName(run, place === 'pod' ? 'node' : 'pod', node), name);
      assert.notEqual(jobName(run, place, `${node}0`), name);
      if (uid !== run.uid) assert.notEqual(jobName({ ...run, uid }, place, node), name);
    }),
  );
});

test('a name of a Job can be read by people where it is short enough', () => {
  const name = jobName({ name: 'cluster-29412350', uid: 'u1' }, 'pod', 'worker-1.example');
  assert.match(name, /^cluster-29412350-pod-worker-1-example-[0-9a-f]{10}$/);
});

test('any text becomes a value of a label, and two texts stay two', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }), (a, b) => {
      for (const text of [a, b]) {
        assert.match(labelValue(text), labelPattern);
        assert.ok(labelValue(text).length <= 63);
      }
      if (a !== b) assert.notEqual(labelValue(a), labelValue(b));
    }),
  );
});

test('what is a label already stays what it is', () => {
  assert.equal(labelValue('worker-1.example'), 'worker-1.example');
  assert.equal(labelValue(''), '');
  assert.equal(labelValue('a'.repeat(63)), 'a'.repeat(63));
  assert.match(labelValue('a'.repeat(64)), /^a{52}-[0-9a-f]{10}$/);
});

test('a run is named after the minute that it is due in', () => {
  assert.equal(runName('cluster', new Date('2025-12-03T05:50:00Z')), 'cluster-29412350');
  assert.equal(runName('cluster', new Date('2025-12-03T05:50:59.999Z')), 'cluster-29412350');
  assert.equal(runNameOfGeneration('cluster', 3), 'cluster-g3');
});

test('the longest name of an audit leaves room for the names of its runs, for three centuries', () => {
  const audit = 'a'.repeat(maxAuditNameLength);
  assert.ok(runName(audit, new Date('2326-01-01T00:00:00Z')).length <= maxRunNameLength);
  assert.ok(runNameOfGeneration(audit, 999_999_999).length <= maxRunNameLength);
});

test('everything of ours carries the recommended labels', () => {
  assert.deepEqual(productLabels('responder'), {
    'app.kubernetes.io/name': 'netaudit',
    'app.kubernetes.io/component': 'responder',
    'app.kubernetes.io/part-of': 'netaudit',
  });
});
