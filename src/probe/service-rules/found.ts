/** What was found of a node's rules by one tool or by all. */
import type { Evidence } from '../../checks/service-rules/evidence.ts';
import type { Ruleset } from '../../checks/service-rules/model.ts';

/** Found are rules, and which tools' rules are not among them, and why. */
export interface Found {
  readonly rulesets: readonly Ruleset[];
  readonly unreadable: Evidence['unreadable'];
}

/** together puts several into one. */
export function together(all: readonly Found[]): Found {
  return {
    rulesets: all.flatMap(({ rulesets }) => rulesets),
    unreadable: all.flatMap(({ unreadable }) => unreadable),
  };
}
