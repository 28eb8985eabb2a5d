import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { bucketOf, type Digests, digestsOf } from '../../../src/checks/service-rules/digest.ts';
import { destinationText, entryText } from '../../../src/checks/service-rules/entry.ts';
import { type Bucket, Details } from '../../../src/checks/service-rules/judging/detail-reader.ts';
import { evidenceOf, lineOf, linesOf, makeCluster, makeShop } from './modelled.ts';

const services = Array.from({ length: 40 }, (_, index) =>
  makeShop(`s${index}`, `10.96.1.${index + 1}`, ['10.244.1.4', '10.244.2.4']),
);
const { evidence, rows } = evidenceOf('n1', {}, makeCluster(services));
const digests = digestsOf(evidence.digests);
assert.ok(digests !== undefined);
const lines = linesOf(rows);
const buckets = [...new Set(rows.map(({ destination }) => bucketOf(destination)))];
const [bucket = 0] = buckets;
const ofBucket = rows.filter(({ destination }) => bucketOf(destination) === bucket);
const details = ofBucket.map((entry) => ({ entry: entryText(entry), rules: [] }));

/** readBuckets reads those that are there. */
function readBuckets(
  lines: readonly string[],
  check: string,
  asked: readonly number[],
  sum: Digests,
): ReadonlyMap<number, Bucket> {
  const details = new Details(lines, check, sum);
  return new Map(
    asked.flatMap((each) => {
      const read = details.bucket(each);
      return read === undefined ? [] : [[each, read] as const];
    }),
  );
}

const problemOf = (line: string): string | undefined => {
  const read = readBuckets([line], 'rules', [bucket], digests).get(bucket);
  return read === undefined || read.ok ? undefined : read.problem;
};

describe('The reader of rows that a probe printed', () => {
  it('reads every row of the buckets that are asked for, and of no others', () => {
    const read = readBuckets(lines, 'rules', buckets, digests);
    assert.deepEqual([...read.keys()].sort(), [...buckets].sort());
    const found = [...read.values()].flatMap((each) => (each.ok ? [...each.rows.keys()] : []));
    assert.deepEqual(found.sort(), rows.map(({ destination }) => destinationText(destination)).sort());
    assert.equal(readBuckets(lines, 'rules', [bucket], digests).size, 1);
  });

  it('needs no line of a bucket without rows', () => {
    const other =
      Array.from({ length: 128 }, (_, each) => each).find((each) => !buckets.includes(each)) ?? -1;
    assert.deepEqual(readBuckets([], 'rules', [other], digests).get(other), { ok: true, rows: new Map() });
  });

  it('leaves lines of other checks, and of other programs, alone', () => {
    assert.equal(readBuckets(linesOf(rows, 'others'), 'rules', buckets, digests).size, 0);
    assert.equal(
      readBuckets(['', 'netaudit-bucket', 'netaudit-bucket rules x y', 'hello'], 'rules', buckets, digests)
        .size,
      0,
    );
  });

  it('takes the whole line where a bucket was printed twice, once in part', () => {
    const cut = lineOf(bucket, details.slice(1));
    for (const both of [
      [cut, lineOf(bucket, details)],
      [lineOf(bucket, details), cut],
    ]) {
      assert.equal(readBuckets(both, 'rules', [bucket], digests).get(bucket)?.ok, true);
    }
  });

  it('does not believe rows that are not those of the digest', () => {
    const text = 'the rows that the probe printed are not those that the probe reported the digest of';
    assert.equal(problemOf(lineOf(bucket, [])), text);
    assert.equal(problemOf(lineOf(bucket, details.slice(1))), text);
    assert.equal(problemOf(lineOf(bucket, [...details, ...details])), text);
    assert.equal(problemOf(lineOf(bucket, [...details, ...details, ...details])), text);
  });

  it('does not take rows of another bucket, nor what is no row', () => {
    const other = rows.find(({ destination }) => bucketOf(destination) !== bucket);
    assert.ok(other !== undefined);
    const text = 'the rows that the probe printed have another form than rows have';
    assert.equal(problemOf(lineOf(bucket, [{ entry: entryText(other), rules: [] }])), text);
    assert.equal(problemOf(lineOf(bucket, [{ entry: '4 Address', rules: [] }])), text);
  });

  it('unpacks no more than a bucket can be', () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20, ' ')).toString('base64');
    const text = 'the rows that the probe printed cannot be unpacked';
    assert.equal(problemOf(`netaudit-bucket rules ${bucket} ${bomb}`), text);
    assert.equal(problemOf(`netaudit-bucket rules ${bucket} bm90IGd6aXA=`), text);
    assert.equal(problemOf(`netaudit-bucket rules ${bucket} not base64!`), text);
  });

  it('never throws, whatever a log holds', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (text, value) => {
        const packed = gzipSync(JSON.stringify(value)).toString('base64');
        problemOf(`netaudit-bucket rules ${bucket} ${text}`);
        problemOf(`netaudit-bucket rules ${bucket} ${packed}`);
      }),
    );
  });
});
