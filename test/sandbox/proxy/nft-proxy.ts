import type { Family } from '../service-kinds.ts';
import { cleanIptables, type FamilyProxy, FULL_PERIOD, type Scene } from './family-proxy.ts';
import { Nft } from './nft.ts';
import { NftGarbage } from './nft-garbage.ts';
import { type NftRuleset, nftFull, nftPartial, nftRuleset } from './nft-ruleset.ts';
import type { ServicePort } from './service-ports.ts';
import type { Written } from './sync-record.ts';
import { forgetFlows } from './tools.ts';
import { withoutLocal } from './topology.ts';
import { endedFlows } from './udp-flows.ts';

/**
 * NftProxy writes everything first, after a failure and once an hour. Other syncs write differences to what was written
 * before and never look at what is there: nobody tells it of a table that is gone but the next transaction, which fails.
 */
export class NftProxy implements FamilyProxy {
  readonly #namespace: string;
  readonly #family: Family;
  readonly #nft: Nft;
  #before: NftRuleset | undefined;
  #known: ServicePort[] = [];
  #fullAt = 0;
  readonly #garbage = new NftGarbage();

  constructor(namespace: string, family: Family) {
    this.#namespace = namespace;
    this.#family = family;
    this.#nft = new Nft(namespace, family);
  }

  async clean(): Promise<void> {
    await cleanIptables(this.#namespace, this.#family);
  }

  isFull(now: number): boolean {
    return this.#before === undefined || now - this.#fullAt > FULL_PERIOD;
  }

  async sync({ ports, view }: Scene): Promise<Written> {
    const rules = nftRuleset(ports, view);
    const now = Date.now();
    const full = this.isFull(now);
    const before = full ? undefined : this.#before;
    this.#before = undefined;
    if (before === undefined) {
      await this.#nft.apply(nftFull(rules, await this.#nft.held()));
      this.#fullAt = now;
      this.#garbage.clear();
    } else await this.#change(rules, before, now);
    this.#before = rules;
    await forgetFlows(this.#namespace, this.#family, endedFlows(this.#known, ports));
    this.#known = ports;
    return { full, noLocal: withoutLocal(ports, view) };
  }

  async lost(): Promise<boolean> {
    return false;
  }

  async #change(rules: NftRuleset, before: NftRuleset, now: number): Promise<void> {
    const due = this.#garbage.due(before, rules, now);
    const { text, stale } = nftPartial(rules, before, due);
    if (text !== '') await this.#nft.apply(text);
    this.#garbage.deleted(due, stale, now);
  }
}
