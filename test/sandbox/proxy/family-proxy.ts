import type { Family } from '../service-kinds.ts';
import { cleanupText } from './cleanup.ts';
import { Iptables } from './iptables.ts';
import { Nft } from './nft.ts';
import type { View } from './port-rules.ts';
import {
  fullChange,
  held,
  partialChange,
  type Ruleset,
  restoreText,
  ruleCounts,
  ruleset,
} from './ruleset.ts';
import type { ServicePort } from './service-ports.ts';
import type { Written } from './sync-record.ts';
import { forgetFlows } from './tools.ts';
import { withoutLocal } from './topology.ts';
import { endedFlows } from './udp-flows.ts';

/** Scene is what the rules of a family depend on. */
export interface Scene {
  ports: ServicePort[];
  view: Omit<View, 'large'> & { serviceCIDRs: readonly string[] };
}

/** FamilyProxy keeps one family's rules of a node, in one of the modes. */
export interface FamilyProxy {
  /** clean takes away what a proxy in the other mode has left. */
  clean(): Promise<void>;
  /** sync writes the rules of a scene. */
  sync(scene: Scene): Promise<Written>;
  /** isFull tells whether the next sync writes everything. */
  isFull(now: number): boolean;
  /** lost tells whether somebody has flushed the rules, as far as a proxy looks; the next sync is then a full one. */
  lost(): Promise<boolean>;
}

/** Milliseconds after which a sync writes everything again. */
export const FULL_PERIOD = 3_600_000;

/**
 * IptablesProxy writes everything first, after a failure, when its canaries are gone and once an hour, unless the
 * cluster is a large one. Other syncs leave alone what they need not change: a rule that somebody else broke may stay
 * broken, as with the real one.
 */
export class IptablesProxy implements FamilyProxy {
  readonly #namespace: string;
  readonly #family: Family;
  readonly #iptables: Iptables;
  #before: { rules: Ruleset; ports: ServicePort[] } | undefined;
  #known: ServicePort[] = [];
  #fullAt = 0;

  constructor(namespace: string, family: Family) {
    this.#namespace = namespace;
    this.#family = family;
    this.#iptables = new Iptables(namespace, family);
  }

  async clean(): Promise<void> {
    await new Nft(this.#namespace, this.#family).remove();
  }

  isFull(now: number): boolean {
    return this.#before === undefined || (now - this.#fullAt > FULL_PERIOD && !this.#before.rules.large);
  }

  async sync({ ports, view }: Scene): Promise<Written> {
    const rules = ruleset(ports, view);
    const full = this.isFull(Date.now());
    const before = full ? undefined : this.#before;
    this.#before = undefined;
    const change =
      before === undefined
        ? fullChange(rules, held(await this.#iptables.saved()))
        : partialChange(rules, before.rules);
    await this.#iptables.restore(restoreText(change));
    if (full) this.#fullAt = Date.now();
    this.#before = { rules, ports };
    await forgetFlows(this.#namespace, this.#family, endedFlows(this.#known, ports));
    this.#known = ports;
    return { full, iptables: ruleCounts(rules, change), noLocal: withoutLocal(ports, view) };
  }

  async lost(): Promise<boolean> {
    if (this.#before === undefined || (await this.#iptables.hasCanary('mangle'))) return false;
    // Whoever flushes does one table after the other: only when all are empty is it done.
    if ((await this.#iptables.hasCanary('nat')) || (await this.#iptables.hasCanary('filter'))) return false;
    this.#before = undefined;
    return true;
  }
}

/** cleanIptables takes away what a proxy in iptables mode has left; what is the kubelet's stays. */
export async function cleanIptables(namespace: string, family: Family): Promise<void> {
  const iptables = new Iptables(namespace, family);
  await iptables.restore(cleanupText(await iptables.saved(), family));
}
