/** The rules of several readers as one: a packet passes through those of every back end. */
import type { BaseChain, Chain, ElementSet, Ruleset } from '../model.ts';

/**
 * combine puts the rulesets of one family together. Base chains keep the order in which they are given, which decides
 * between equal priorities; ids name the back end, so that none is given twice.
 */
export function combine(rulesets: readonly [Ruleset, ...Ruleset[]]): Ruleset {
  const [only, ...others] = rulesets;
  if (others.length === 0) return only;
  const bases: BaseChain[] = [];
  const chains = new Map<string, Chain>();
  const sets = new Map<string, ElementSet>();
  for (const ruleset of rulesets) {
    bases.push(...ruleset.bases);
    for (const [id, chain] of ruleset.chains) chains.set(id, chain);
    for (const [id, set] of ruleset.sets) sets.set(id, set);
  }
  return { family: only.family, bases, chains, sets };
}
