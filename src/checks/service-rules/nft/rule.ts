/** Rules of nftables → rules of the model. */
import type { JsonObject } from '../../shape.ts';
import type { Rule, Step } from '../model.ts';
import { cutJson, listOf } from './json.ts';
import { mostWays } from './lookup.ts';
import type { Scope, Way } from './scope.ts';
import { statementWays } from './statement.ts';

/** longestRaw is how long a rule is shown at most. */
const longestRaw = 240;

/** rulesOf reads a rule: as one, or as several of which a packet passes one at most (`iifname { a, b }`). */
export function rulesOf(scope: Scope, { expr, comment }: JsonObject): readonly Rule[] {
  const raw = cutJson(comment === undefined ? expr : { comment, expr }, longestRaw);
  const statements = listOf(expr);
  let ways: readonly Way[] = [[]];
  for (const [index, statement] of statements.entries()) {
    const next = statementWays(scope, statement, index === statements.length - 1);
    ways = next.length === 1 ? followed(ways, next) : branched(ways, next, statement);
  }
  return ways.filter((way) => !isVain(scope, way)).map((steps) => ({ raw, steps }));
}

/** A rule for the other family is none: nothing is done before the question that no packet answers with yes. */
function isVain(scope: Scope, way: Way): boolean {
  const action = way.findIndex((step) => 'action' in step);
  return way.slice(0, action < 0 ? way.length : action).includes(scope.never);
}

function followed(ways: readonly Way[], next: readonly Way[]): readonly Way[] {
  const [steps = []] = next;
  return steps.length === 0 ? ways : ways.map((way) => (way.length === 0 ? steps : [...way, ...steps]));
}

/** Rules one after another would do twice what is done before they part, so that only questions may stand there. */
function branched(ways: readonly Way[], next: readonly Way[], statement: unknown): readonly Way[] {
  const asksOnly = ways.every((way) => way.every((step) => 'match' in step));
  if (asksOnly && ways.length * next.length <= mostWays) {
    return ways.flatMap((way) => next.map((steps) => [...way, ...steps]));
  }
  const unclear: Step = { action: 'unknown', text: cutJson(statement, 120) };
  return ways.map((way) => [...way, unclear]);
}
