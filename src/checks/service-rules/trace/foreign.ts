/** Which rules of other agents decide over packets. */

import type { Chain, Rule, Ruleset, Step } from '../model.ts';
import { isKubeProxys } from './kube-proxy-chains.ts';
import type { Within } from './passage.ts';
import type { Link, State } from './state.ts';

/** foreign is a rule where it is none of kube-proxy. */
export function foreign(rule: Rule, chain: Chain): Rule | undefined {
  return isKubeProxys(chain) ? undefined : rule;
}

/** acceptedBy is a packet that a rule accepts: a decision only where kube-proxy's rules would still have come. */
export function acceptedBy(
  rule: Rule,
  state: State,
  { chain, passage, path }: Within,
  ruleset: Ruleset,
): State {
  if (state.translated || state.foreign !== undefined || isKubeProxys(chain)) return state;
  const base = ruleset.chains.get(passage.base.chain);
  if (base === undefined) return state;
  const left = base.rules.indexOf(topOf(path) ?? rule);
  const still = base.rules
    .slice(left + 1)
    .some(({ steps }) => steps.some((step) => dispatches(step, ruleset)));
  return still ? { ...state, foreign: rule } : state;
}

function dispatches(step: Step, { chains }: Ruleset): boolean {
  if (!('action' in step) || (step.action !== 'jump' && step.action !== 'goto')) return false;
  const chain = chains.get(step.chain);
  return chain !== undefined && isKubeProxys(chain);
}

/** The rule of the base chain. */
function topOf(path: Link<Rule> | undefined): Rule | undefined {
  let top = path;
  while (top?.before !== undefined) top = top.before;
  return top?.value;
}
