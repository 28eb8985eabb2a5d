/** Whether rules of others did something to the packets of a row. */
import type { Guard } from '../evidence.ts';
import type { Deed } from './findings.ts';

/** How both tools write what such rules do. */
const verbs: Readonly<Record<Deed, RegExp>> = {
  refuse: /\b(drop|reject)\b/i,
  accept: /\b(accept|return|notrack)\b/i,
  send: /\b(dnat|redirect|tproxy|netmap)\b/i,
};

/**
 * didTake tells whether one of them did that. Of a row whose own rules are known it must be one of these; packets that
 * nothing was done to leave no rules.
 */
export function didTake(
  deed: Deed,
  foreign: readonly Guard[],
  rules: readonly string[] | undefined,
): boolean {
  const doers = foreign.filter(({ rule }) => verbs[deed].test(rule));
  if (deed === 'accept' || rules === undefined || rules.length === 0) return doers.length > 0;
  return doers.some(({ rule }) => rules.includes(rule));
}
