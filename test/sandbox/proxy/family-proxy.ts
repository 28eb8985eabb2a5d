import type { Family } from '../service-kinds.ts';
import { Iptables } from './iptables.ts';
import type { View } from './port-rules.ts';
import { fullChange, held, partialChange, type Ruleset, restoreText, ruleset } from './ruleset.ts';
import type { ServicePort } from './service-ports.ts';
import { endedFlows } from './udp-flows.ts';

/** Scene is what the rules of a family depend on. */
export interface Scene {
  ports: ServicePort[];
  view: Omit<View, 'large'>;
}

/**
 * FamilyProxy keeps one family's rules of a node. The first write, and the one after a failure, writes everything;
 * others leave alone what they need not change: a rule that somebody else broke may stay broken, as with the real one.
 */
export class FamilyProxy {
  readonly #iptables: Iptables;
  #before: { rules: Ruleset; ports: ServicePort[] } | undefined;

  constructor(namespace: string, family: Family) {
    this.#iptables = new Iptables(namespace, family);
  }

  /** sync writes the rules of a scene. */
  async sync({ ports, view }: Scene): Promise<void> {
    const rules = ruleset(ports, view);
    const before = this.#before;
    this.#before = undefined;
    const change =
      before === undefined
        ? fullChange(rules, held(await this.#iptables.saved()))
        : partialChange(rules, before.rules);
    await this.#iptables.restore(restoreText(change));
    this.#before = { rules, ports };
    await this.#iptables.forgetFlows(endedFlows(before?.ports ?? [], ports));
  }
}
