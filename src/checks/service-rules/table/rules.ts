/** Few rules to be shown to people. */
import type { Guard } from '../evidence.ts';
import type { Rule } from '../model.ts';
import type { Link } from '../trace/state.ts';
import type { End } from '../trace/trace.ts';

const most = { rules: 10, guards: 8 };

/** rulesOf are the rules that led packets to their ends: those of ends without an endpoint first. */
export function rulesOf(ends: readonly End[]): readonly string[] {
  const rules = new Set<Rule>();
  for (const endpoints of [false, true]) {
    for (const { kind, trail } of ends) {
      if ((kind === 'Endpoint') !== endpoints) continue;
      for (const rule of inOrder(trail)) if (!isPlainJump(rule)) rules.add(rule);
      if (rules.size >= most.rules) return rawOf(rules);
    }
  }
  return rawOf(rules);
}

function rawOf(rules: ReadonlySet<Rule>): readonly string[] {
  return [...new Set([...rules].slice(0, most.rules).map(({ raw }) => raw))];
}

/** A jump that takes every new packet says nothing about one destination. */
function isPlainJump({ steps }: Rule): boolean {
  return steps.every((step) => {
    if ('match' in step) return step.match === 'state';
    return step.action === 'jump' || step.action === 'nothing';
  });
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
