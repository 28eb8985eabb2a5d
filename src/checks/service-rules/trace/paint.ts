/** Rules that do nothing but mark packets: they need no two ways, as marks know sources. */
import { type AddressSet, difference, isEmpty } from '../address-set.ts';
import type { Chain, Ruleset, Step } from '../model.ts';
import { isKubeProxys } from './kube-proxy-chains.ts';
import { marked, together, within } from './marks.ts';
import type { State } from './state.ts';

/** Paint is what is done to a mark. */
export interface Paint {
  readonly and: number;
  readonly xor: number;
  readonly byKubeProxy: boolean;
}

/** Paints finds rules that end in marking packets, themselves or in a chain that does only that. */
export class Paints {
  private readonly ruleset: Ruleset;
  /** chains are those that packets were sent to; undefined for chains that do more. */
  private readonly chains = new Map<string, Paint | undefined>();

  constructor(ruleset: Ruleset) {
    this.ruleset = ruleset;
  }

  /** of is what a rule's last step paints; undefined where it does anything else. */
  of(step: Step | undefined, chain: Chain): Paint | undefined {
    if (step === undefined || !('action' in step)) return undefined;
    if (step.action === 'mark') return { and: step.and, xor: step.xor, byKubeProxy: isKubeProxys(chain) };
    if (step.action !== 'jump') return undefined;
    if (this.chains.has(step.chain)) return this.chains.get(step.chain);
    const paint = paintOf(this.ruleset.chains.get(step.chain));
    this.chains.set(step.chain, paint);
    return paint;
  }
}

/** painted is a packet of which some sources are marked. */
export function painted(state: State, some: AddressSet, paint: Paint): State {
  const { marks, sources } = state;
  const marksOfSome = marked(within(marks, some), paint.and, paint.xor, paint.byKubeProxy);
  const rest = some === sources ? undefined : difference(sources, some);
  if (rest === undefined || isEmpty(rest)) return { ...state, marks: marksOfSome };
  return { ...state, marks: together(within(marks, rest), marksOfSome) };
}

/** A chain paints where its one rule marks every packet. */
function paintOf(chain: Chain | undefined): Paint | undefined {
  const [rule, more] = chain?.rules ?? [];
  const [step, another] = rule?.steps ?? [];
  if (chain === undefined || more !== undefined || another !== undefined) return undefined;
  if (step === undefined || !('action' in step) || step.action !== 'mark') return undefined;
  return { and: step.and, xor: step.xor, byKubeProxy: isKubeProxys(chain) };
}
