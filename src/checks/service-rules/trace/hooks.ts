/** In which order the kernel calls base chains. */

import type { BaseChain, Hook, Ruleset } from '../model.ts';
import { isKubeProxys } from './kube-proxy-chains.ts';

/** HookChains are the base chains of one hook. */
export interface HookChains {
  /** before come before the destination (prerouting, output) or the source (input, postrouting) is replaced. */
  readonly before: readonly BaseChain[];
  /** nat are called for the first packet of a connection, until one has replaced something. */
  readonly nat: readonly BaseChain[];
  readonly after: readonly BaseChain[];
}

/**
 * Chains of type nat are all called from one place of a hook, whatever their own priority, which only orders them among
 * themselves (`nf_nat_core.c`, `nf_nat_register_fn`).
 */
const natPlace = { prerouting: -100, output: -100, input: 100, postrouting: 100, forward: 0 } as const;

/** conntrackPriority is where connection tracking sees a packet first. */
export const conntrackPriority = -200;

/** hookChains sorts the base chains of a hook. */
export function hookChains({ bases, chains }: Ruleset, hook: Hook): HookChains {
  // Of equal priorities the last that was made comes first, which no listing tells: kube-proxy's is taken to be it.
  const rank = ({ chain }: BaseChain): number => {
    const known = chains.get(chain);
    return known !== undefined && isKubeProxys(known) ? 0 : 1;
  };
  const sorted = bases
    .filter((base) => base.hook === hook)
    .sort((one, other) => one.priority - other.priority || rank(one) - rank(other));
  const others = sorted.filter(({ type }) => type !== 'nat');
  const place = natPlace[hook];
  return {
    before: others.filter(({ priority }) => priority < place),
    nat: sorted.filter(({ type }) => type === 'nat'),
    after: others.filter(({ priority }) => priority >= place),
  };
}
