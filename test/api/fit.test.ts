import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Structural } from '../../src/api/structural.ts';
import {
  bytesOf,
  dnsPaths,
  fitPlan,
  fitRunStatus,
  maxChecksBytes,
  maxRunBytes,
  type NetworkAuditRunStatus,
  runStatus,
} from '../../src/api/v1alpha1/index.ts';
import { validate } from '../../src/api/validate.ts';

/** largest is the value of a schema that takes most room, with its own character in every text that has no pattern. */
function largest(schema: Structural, character: string, index = 0): unknown {
  switch (schema.type) {
    case 'boolean':
      return false;
    case 'integer':
      return schema.maximum;
    case 'string':
      if ('enum' in schema) return schema.enum[index % schema.enum.length];
      if ('format' in schema) return '2026-01-31T12:00:00Z';
      if (schema.pattern === '^[.x? -]*$') return '.'.repeat(schema.maxLength);
      if (schema.pattern === '^[0-9a-f]{16}$') return '0123456789abcdef';
      if (schema.pattern?.startsWith('^[A-Z')) return `A${index}`.padEnd(schema.maxLength, 'a');
      return `${index}`.padEnd(schema.maxLength, character);
    case 'array': {
      const count =
        schema.items.type === 'string' && 'enum' in schema.items ? schema.items.enum.length : schema.maxItems;
      return Array.from({ length: Math.min(count, schema.maxItems) }, (_, at) =>
        largest(schema.items, character, at),
      );
    }
    case 'object':
      return 'properties' in schema
        ? Object.fromEntries(
            Object.entries(schema.properties).map(([name, field]) => [
              name,
              largest(field, character, index),
            ]),
          )
        : {};
  }
}

function largestRun(character: string): NetworkAuditRunStatus {
  const result = validate(runStatus, largest(runStatus, character));
  assert.ok(result.ok);
  const { plan, ...status } = result.value;
  assert.ok(plan !== undefined);
  // What a user may write of checks is bounded as a whole: see maxChecksBytes.
  const checks = plan.checks.map(({ dns: _, ...check }) => check);
  return { ...status, plan: { ...plan, checks } };
}

test('the largest run that the schema admits is cut to 512 KiB, and is still a valid run', () => {
  const status = largestRun('m');
  assert.ok(bytesOf(status) > maxRunBytes, 'the test proves nothing where the bounds alone are enough');
  assert.ok(status.plan !== undefined);
  const fitted = fitRunStatus({ ...status, plan: fitPlan(status.plan), findingsOmitted: 0 });
  assert.ok(bytesOf(fitted) <= maxRunBytes, `${bytesOf(fitted)}`);
  assert.ok(validate(runStatus, fitted).ok);
});

test('what was left out is counted, and the worst findings are kept', () => {
  const status = largestRun('m');
  assert.ok(status.plan !== undefined && status.findings !== undefined);
  const fitted = fitRunStatus({ ...status, plan: fitPlan(status.plan), findingsOmitted: 7 });
  assert.ok(fitted.findings !== undefined && fitted.findings.length > 0);
  assert.deepEqual(fitted.findings, status.findings.slice(0, fitted.findings.length));
  assert.equal(fitted.findingsOmitted, 7 + status.findings.length - fitted.findings.length);
});

test('a plan that is too large loses retries and skipped nodes, and never a node or a target', () => {
  const { plan } = largestRun('m');
  assert.ok(plan !== undefined);
  const fitted = fitPlan(plan);
  assert.deepEqual([fitted.nodes, fitted.targets, fitted.checks], [plan.nodes, plan.targets, plan.checks]);
  assert.ok(bytesOf(fitted) <= 320 * 1024, `${bytesOf(fitted)}`);
});

test('what fits is left as it is', () => {
  const status = largestRun('m');
  const { plan } = status;
  assert.ok(plan !== undefined);
  const small: NetworkAuditRunStatus = {
    observedGeneration: 1,
    conditions: status.conditions,
    plan: {
      ...plan,
      nodes: plan.nodes.slice(0, 3),
      targets: plan.targets.slice(0, 3),
      retries: [],
      skipped: [],
    },
    findings: (status.findings ?? []).slice(0, 40),
  };
  assert.equal(fitRunStatus(small), small);
  assert.deepEqual(small.plan && fitPlan(small.plan), small.plan);
});

test('a run of 200 nodes with names as they are keeps its matrix, its round trips and all of its nodes', () => {
  const name = (index: number): string =>
    `ip-10-0-${index >> 8}-${index & 255}.eu-central-1.compute.internal`;
  const nodes = Array.from({ length: 200 }, (_, index) => name(index));
  const { plan } = largestRun('m');
  assert.ok(plan !== undefined);
  const status: NetworkAuditRunStatus = {
    observedGeneration: 1,
    conditions: [],
    plan: {
      ...plan,
      nodes: nodes.map((node) => ({ name: node, uid: 'b'.repeat(36), places: ['pod'] })),
      targets: nodes.map((node, index) => ({
        node,
        pod: `netaudit-responder-${index}`,
        uid: 'c'.repeat(36),
        addresses: ['10.244.100.100', 'fd00:10:244:100::100'],
      })),
      retries: [],
      skipped: [],
    },
    nodes: nodes.map((node) => ({
      name: node,
      place: 'pod',
      outcome: 'Passed',
      reason: 'AsExpected',
      message: '',
      passed: 101,
      failed: 0,
      unknown: 0,
      skipped: 0,
      roundTripMicroseconds: { p50: 412, p90: 902, max: 12345 },
      lookups: dnsPaths.map((path) => ({
        path,
        passed: 101,
        failed: 10,
        unknown: 0,
        skipped: 10,
        latencyMicroseconds: { p50: 412, p90: 902, max: 12345 },
      })),
      job: 'd'.repeat(63),
    })),
    matrix: {
      targets: nodes,
      rows: nodes.map((node) => ({
        node,
        reach: '.'.repeat(100) + ' '.repeat(100),
        roundTripMicroseconds: nodes.map((_, index) => (index < 100 ? 412 : 0)),
      })),
    },
  };
  assert.equal(fitRunStatus(status), status);
});

test('size is counted as Go writes JSON, not as JavaScript does', () => {
  assert.equal(bytesOf('a'), 3);
  assert.equal(bytesOf('<&>'), 2 + 3 * 6);
  assert.equal(bytesOf('\u2028'), 2 + 6);
  assert.equal(bytesOf('é🙂'), 2 + 2 + 4);
  const hostile = fitRunStatus({ ...largestRun('<'), plan: fitPlan(largestRun('m').plan ?? assert.fail()) });
  assert.ok(bytesOf(hostile) <= maxRunBytes, `${bytesOf(hostile)}`);
});

test('a plan of many DNS endpoints loses names of Pods, then endpoints, and never a lookup', () => {
  const status = largestRun('m');
  assert.ok(status.plan !== undefined);
  const name = 'p'.repeat(253);
  const endpoints = Array.from({ length: 100 }, () => ({ address: '10.0.0.1', port: 53, pod: name }));
  const services = Array.from({ length: 4 }, () => ({ namespace: 'n', name, addresses: [], endpoints }));
  const checks = Array.from({ length: 16 }, (_, index) => ({
    name: `dns-${index}`,
    type: 'DNS' as const,
    dns: { lookups: [], paths: [], transports: [], timeoutSeconds: 2, domain: 'cluster.local', services },
  }));
  const fitted = fitPlan({ ...status.plan, checks });
  assert.ok(bytesOf(fitted.checks) <= 2 * maxChecksBytes, `${bytesOf(fitted.checks)}`);
  assert.equal(fitted.checks.length, 16);
  for (const { dns } of fitted.checks) {
    assert.equal(dns?.services.length, 4);
    for (const each of dns.services) assert.ok(each.endpoints.length > 0);
  }
});
