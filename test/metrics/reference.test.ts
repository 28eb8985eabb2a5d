import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditMetrics } from '../../src/metrics/audits.ts';
import { controllerDescriptions } from '../../src/metrics/controller-families.ts';
import { renderMetricsReference } from '../../src/metrics/reference.ts';

const rows = renderMetricsReference()
  .split('\n')
  .filter((line) => line.startsWith('| `'));

test('the reference has one row for every metric, in the order of the tables', () => {
  const names = rows.map((row) => row.split('`')[1]);
  assert.deepEqual(
    names,
    [...auditMetrics, ...controllerDescriptions].map(({ name }) => name),
  );
});

test('a row tells type, labels with their values, and meaning', () => {
  assert.equal(
    rows.find((row) => row.includes('netaudit_condition`')),
    '| `netaudit_condition` | gauge | `audit`: name of the NetworkAudit<br>`condition`: `Ready`, `Passed` or ' +
      '`Running`<br>`status`: `True`, `False` or `Unknown` | 1 for the status that the condition has, 0 for the ' +
      'two that it has not. |',
  );
});

test('names follow the conventions: counters end in _total, times in _seconds, help in a full stop', () => {
  for (const { name, type, help } of [...auditMetrics, ...controllerDescriptions]) {
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (/duration|timestamp|round_trip/.test(name)) assert.match(name, /_seconds$/);
    assert.match(help, /\.$/, name);
  }
});
