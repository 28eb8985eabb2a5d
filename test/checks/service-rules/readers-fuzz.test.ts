import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tally } from '../../fuzz/chance.ts';
import { fuzzHost, fuzzIptables, fuzzNft } from '../../fuzz/service-rules.ts';

/** A fuzzer that never gets to rules, or never to something broken, would find nothing. */
function assertClean({ inputs, outcomes, faults }: Tally): void {
  assert.deepEqual(faults, []);
  for (const outcome of ['Read', 'Unreadable']) assert.ok((outcomes[outcome] ?? 0) > inputs / 10, outcome);
}

test('What iptables-save prints is never misread, however it is broken', () => {
  assertClean(fuzzIptables(1500, 7));
});

test('What nft lists is never misread, however it is broken', () => {
  assertClean(fuzzNft(1500, 7));
});

test('What ip prints is never misread, however it is broken', () => {
  assertClean(fuzzHost(1500, 7));
});
