/** What the tests of the reader of iptables-save have in common. */
import assert from 'node:assert/strict';
import { type Family, setOf } from '../../../src/checks/service-rules/address-set.ts';
import { readIptablesSave } from '../../../src/checks/service-rules/iptables/save.ts';
import type { Match, Rule, Ruleset, Step } from '../../../src/checks/service-rules/model.ts';

/** tableOf is a text with one table nat, whose chains ONE and TWO are there beside the built-in ones. */
export function tableOf(...rules: readonly string[]): string {
  return [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':ONE - [0:0]',
    ':TWO - [0:0]',
    ...rules,
    'COMMIT',
    '',
  ].join('\n');
}

/** rulesetOf reads a text that must be readable. */
export function rulesetOf(text: string, family: Family = 'IPv4'): Ruleset {
  const reading = readIptablesSave(text, 'iptables-nft', family);
  assert.equal(reading.kind === 'Unreadable' ? reading.problem : undefined, undefined);
  const [ruleset] = reading.kind === 'Read' ? reading.rulesets : [];
  assert.ok(ruleset);
  return ruleset;
}

/** rulesOf are the rules of chain ONE. */
export function rulesOf(text: string, family?: Family): readonly Rule[] {
  return rulesetOf(text, family).chains.get('iptables-nft nat/ONE')?.rules ?? [];
}

/** stepsOf are the steps of one rule of chain ONE, given without its `-A ONE`. */
export function stepsOf(rule: string, family?: Family): readonly Step[] {
  const [only] = rulesOf(tableOf(`-A ONE ${rule}`), family);
  assert.equal(only?.raw, `-A ONE ${rule}`);
  return only.steps;
}

/** problemOf is why a text cannot be read; undefined where it can. */
export function problemOf(text: string): string | undefined {
  const reading = readIptablesSave(text, 'iptables-nft', 'IPv4');
  return reading.kind === 'Unreadable' ? reading.problem : undefined;
}

/** addresses is a match of addresses by their text. */
export function addresses(match: 'source' | 'destination', text: string, family: Family = 'IPv4'): Match {
  const set = setOf(family, text);
  assert.ok(set);
  return { match, set };
}
