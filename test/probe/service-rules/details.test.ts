import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fullSet } from '../../../src/checks/service-rules/address-set.ts';
import { bucketCount, bucketOf, Digests } from '../../../src/checks/service-rules/digest.ts';
import type { Entry } from '../../../src/checks/service-rules/entry.ts';
import { Details } from '../../../src/checks/service-rules/judging/detail-reader.ts';
import type { TableRow } from '../../../src/checks/service-rules/table/table.ts';
import { detailLines, mostDetails } from '../../../src/probe/service-rules/details.ts';

/** row is one of a Service that is refused. */
function row(index: number, rules: readonly string[]): TableRow {
  const entry: Entry = {
    destination: {
      family: 'IPv4',
      kind: 'Address',
      address: `10.96.${index >> 8}.${index & 255}`,
      protocol: 'tcp',
      port: 80,
    },
    entering: [
      { kind: 'Reject', endpoint: '', sources: fullSet('IPv4'), masqueraded: { family: 'IPv4', bounds: [] } },
    ],
    node: [],
  };
  return { entry, rules };
}

const all = Array.from({ length: bucketCount }, (_, bucket) => bucket);

/** readBack is what the judge makes of lines. */
function readBack(rows: readonly TableRow[], lines: readonly string[]) {
  const digests = new Digests();
  for (const { entry } of rows) digests.add(entry);
  const details = new Details(lines, 'rules', digests);
  return new Map(
    all.flatMap((bucket) => {
      const read = details.bucket(bucket);
      return read === undefined ? [] : [[bucket, read] as const];
    }),
  );
}

test('rows are printed by bucket with few short rules, and the judge reads them', () => {
  const rules = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(300));
  const rows = [row(1, rules), row(2, ['-A KUBE-SERVICES']), row(3, [])];
  const lines = detailLines('rules', rows);
  const read = readBack(rows, lines);
  assert.equal(lines.length, new Set(rows.map(({ entry }) => bucketOf(entry.destination))).size);
  const found = [...read.values()].flatMap((bucket) => (bucket.ok ? [...bucket.rows.values()] : []));
  assert.deepEqual(
    found.map((each) => each.rules.map((rule) => rule.slice(0, 20) + rule.length)).sort(),
    [[], ['-A KUBE-SERVICES16'], ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(20) + 240)].sort(),
  );
});

test('where there is too much to print, first the rules are left out, then whole buckets', () => {
  const noise = () => randomBytes(90).toString('base64');
  const rows = Array.from({ length: 2000 }, (_, index) => row(index, [noise(), noise()]));
  const whole = detailLines('rules', rows).join('\n').length + 1;
  assert.ok(whole < mostDetails);
  const plain = detailLines('rules', rows, whole - 1);
  assert.equal(plain.length, bucketCount);
  const read = [...readBack(rows, plain).values()];
  assert.ok(read.length === bucketCount && read.every(({ ok }) => ok));
  assert.ok(
    read.every((bucket) => bucket.ok && [...bucket.rows.values()].every(({ rules }) => rules.length === 0)),
  );
  const fewer = detailLines('rules', rows, Math.floor(plain.join('\n').length / 2));
  assert.ok(fewer.length > bucketCount / 4 && fewer.length < bucketCount);
  assert.deepEqual(fewer, plain.slice(0, fewer.length));
});
