/** Few rules to be shown to people. */
import type { Guard } from './evidence.ts';
import type { Rule } from './model.ts';
import type { End } from './trace.ts';
import type { Link } from './trace-state.ts';

const most = { rules: 10, guards: 8 };

/** rulesOf are the rules that packets met on their way to their ends: those of the first end first. */
export function rulesOf(ends: readonly End[]): readonly string[] {
  const rules = new Set<string>();
  for (const { trail } of ends) {
    for (const { raw, steps } of inOrder(trail)) {
      // A base chain's jump that takes every packet says nothing about this destination.
      if (steps.length > 1 || steps.some((step) => !('action' in step) || step.action !== 'jump'))
        rules.add(raw);
      if (rules.size >= most.rules) return [...rules];
    }
  }
  return [...rules];
}

/** guardsOf keeps those that concern most. */
export function guardsOf(guards: readonly Guard[]): readonly Guard[] {
  return [...guards]
    .sort((one, other) => other.count - one.count || (one.rule < other.rule ? -1 : 1))
    .slice(0, most.guards);
}

function inOrder(trail: Link<Rule> | undefined): readonly Rule[] {
  const rules: Rule[] = [];
  for (let link = trail; link !== undefined; link = link.before) rules.push(link.value);
  return rules.reverse();
}
