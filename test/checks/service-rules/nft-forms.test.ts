import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Ruleset } from '../../../src/checks/service-rules/model.ts';
import { readNft } from '../../../src/checks/service-rules/nft/ruleset.ts';
import { elements, type Form, forms, natForms, script, sourceForms } from './nft-forms.ts';

/** What nft 1.0.6 lists of `script`: the same rules are judged where there is no nft. */
const recorded = readFileSync(join(import.meta.dirname, '../../fixtures/nft/forms-1.0.6.json'), 'utf8');

/** Why nothing can be written into a kernel here: no nft, or no right to a network namespace. */
const tried = spawnSync('unshare', ['-n', 'nft', 'list', 'ruleset'], { encoding: 'utf8' });
const missing =
  tried.status === 0 ? false : `nft cannot be run in a namespace: ${tried.error ?? tried.stderr.trim()}`;

function rulesetOf(text: string): Ruleset {
  const reading = readNft(text, { iptablesTables: false });
  assert.equal(reading.kind, 'Read');
  const [ipv4] = reading.kind === 'Read' ? reading.rulesets : [];
  assert.ok(ipv4);
  return ipv4;
}

/** Each rule one by one, so that a difference names the rule. */
function assertForms(ruleset: Ruleset, chain: string, expected: readonly Form[]): void {
  const rules = [...(ruleset.chains.get(chain)?.rules ?? [])];
  for (const { rule, read } of expected) {
    const steps = rules.splice(0, read.length).map((each) => each.steps);
    assert.deepEqual(steps, read, rule);
  }
  assert.deepEqual(rules, []);
}

function assertWhole(text: string): void {
  const ruleset = rulesetOf(text);
  assertForms(ruleset, 'nftables inet t/forms', forms);
  assertForms(ruleset, 'nftables ip n/pre', natForms);
  assertForms(ruleset, 'nftables ip n/post', sourceForms);
  for (const set of elements) {
    const read = ruleset.sets.get(set.id);
    assert.deepEqual(
      { ...read, elements: new Map([...(read?.elements ?? [])].sort()) },
      { ...set, elements: new Map([...set.elements].sort()) },
    );
  }
  assert.equal(ruleset.sets.get('nftables inet t/recent')?.timeoutSeconds, 10_800);
  assert.deepEqual(
    ruleset.bases.map(({ chain, hook, type, priority, policy }) => [chain, hook, type, priority, policy]),
    [
      ['nftables inet t/forms', 'forward', 'filter', 0, 'accept'],
      ['nftables ip n/pre', 'prerouting', 'nat', -105, 'accept'],
      ['nftables ip n/post', 'postrouting', 'nat', 100, 'drop'],
    ],
  );
}

test('Every form of a rule is read as what it means', () => {
  assertWhole(recorded);
});

test('What was written into a kernel is read back as it was meant', { skip: missing }, () => {
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    ['-n', 'sh', '-c', 'nft -f - && nft -j list ruleset'],
    {
      input: script,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assertWhole(stdout);
});

test('A table for both families says of IPv6 what it says of IPv6', () => {
  const reading = readNft(recorded, { iptablesTables: false });
  const ipv6 = reading.kind === 'Read' ? reading.rulesets.find(({ family }) => family === 'IPv6') : undefined;
  const shown = ipv6?.chains.get('nftables inet t/forms')?.rules.map(({ raw }) => raw) ?? [];
  assert.equal(shown.filter((raw) => raw.includes('"protocol":"ip"')).length, 0);
  assert.equal(shown.filter((raw) => raw.includes('"protocol":"ip6"')).length, 2);
  assert.equal(shown.filter((raw) => raw.includes('"ipv6"')).length, 1);
  assert.deepEqual(
    ipv6?.bases.map(({ chain }) => chain),
    ['nftables inet t/forms'],
  );
});
