/** When each kubelet last renewed its Lease: listed while nodes are asked, never watched (each is renewed every 10 s). */
import type { Client } from './client.ts';
import { objectAt, textOf } from './json.ts';
import { pages } from './reflector.ts';
import { leases } from './resources.ts';

/** Freshness is how old a list may be, in milliseconds. */
export interface Freshness {
  /** planning: who is asked is decided by it. */
  readonly planning: number;
  /** running: a plan is in force, and it only says whether nodes could be asked again. */
  readonly running: number;
}

/** A Lease renewed ten seconds before a list that is thirty old is still fresh (`leaseFreshSeconds`). */
const usual: Freshness = { planning: 10_000, running: 30_000 };

/** KubeletLeases lists the Leases of kube-node-lease, and again only when the last list is old. */
export class KubeletLeases {
  readonly #client: Client;
  readonly #freshness: Freshness;
  #read: { readonly at: number; readonly renewTimes: ReadonlyMap<string, string> } | undefined;

  constructor(client: Client, freshness: Freshness = usual) {
    this.#client = client;
    this.#freshness = freshness;
  }

  /** renewTimes holds `spec.renewTime` by node name. */
  async renewTimes(need: keyof Freshness, signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const began = performance.now();
    if (this.#read && began - this.#read.at < this.#freshness[need]) return this.#read.renewTimes;
    const renewTimes = new Map<string, string>();
    const selection = { resource: leases, namespace: 'kube-node-lease' };
    for await (const { items } of pages(this.#client, selection, 500, signal)) {
      for (const item of items) {
        renewTimes.set(textOf(objectAt(item, 'metadata').name), textOf(objectAt(item, 'spec').renewTime));
      }
    }
    this.#read = { at: began, renewTimes };
    return renewTimes;
  }
}
