/** When each kubelet last renewed its Lease: listed when a plan needs it, never watched (each is renewed every 10 s). */
import type { Client } from './client.ts';
import { objectAt, textOf } from './json.ts';
import { pages } from './reflector.ts';
import { leases } from './resources.ts';

/** KubeletLeases lists the Leases of kube-node-lease, and again only when the last list is old. */
export class KubeletLeases {
  readonly #client: Client;
  readonly #freshMilliseconds: number;
  #read: { readonly at: number; readonly renewTimes: ReadonlyMap<string, string> } | undefined;

  constructor(client: Client, freshMilliseconds = 10_000) {
    this.#client = client;
    this.#freshMilliseconds = freshMilliseconds;
  }

  /** renewTimes holds `spec.renewTime` by node name. */
  async renewTimes(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const began = performance.now();
    if (this.#read && began - this.#read.at < this.#freshMilliseconds) return this.#read.renewTimes;
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
