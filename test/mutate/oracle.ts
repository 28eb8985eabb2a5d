/** Whether a mutation changes what some packet meets on a node, by the simulator. */
import { kernelOfIptables } from '../support/packets/iptables.ts';
import { type Meeting, meetingOf, type Sent, sameMeeting } from '../support/packets/meeting.ts';
import { kernelOfNft } from '../support/packets/nft.ts';
import type { Kernel } from '../support/packets/packet.ts';
import type { Capture, CapturedNode } from './capture.ts';
import type { Destination, Mutation } from './mutation.ts';
import { destinationsOf, packetsTo, sourcesOf } from './samples.ts';

/** OracleNode is what must be known of a node. */
export type OracleNode = Pick<CapturedNode, 'mode' | 'text' | 'addresses' | 'primary'>;

/** Witness is a packet that meets something else. */
export interface Witness {
  readonly sent: Sent;
  readonly before: Meeting;
  readonly after: Meeting;
}

/**
 * Oracle knows what every sampled packet meets on a healthy node, and on its way there: only those that met what a
 * mutation changed can meet something else.
 */
export class Oracle {
  readonly #node: OracleNode;
  readonly #healthy: Kernel;
  readonly #sources: readonly string[];
  readonly #odd: readonly string[];
  readonly #meetings = new Map<string, Meeting>();
  /** #passers are, for each rule and set, the packets that met it. */
  readonly #passers = new Map<string, Sent[]>();

  constructor(node: OracleNode, capture: Pick<Capture, 'services' | 'slices'>) {
    this.#node = node;
    this.#healthy = kernelOf(node, node.text, 4);
    this.#sources = sourcesOf(capture);
    const all = destinationsOf(capture);
    this.#odd = [...new Set(all.flatMap(({ address }) => address ?? []))];
    for (const sent of packetsTo(node, this.#sources, all)) {
      const seen = new Set<string>();
      const meeting = meetingOf({ ...this.#healthy, seen: (name) => seen.add(name) }, sent);
      this.#meetings.set(textOf(sent), meeting);
      for (const name of seen) {
        const passers = this.#passers.get(name) ?? [];
        passers.push(sent);
        this.#passers.set(name, passers);
      }
    }
  }

  /** packets is how many are sampled. */
  get packets(): number {
    return this.#meetings.size;
  }

  /**
   * witness is a packet that meets something else under a mutation; undefined where none does. Where the product has
   * found something, it is looked for among odd sources as well: addresses of Services.
   */
  witness(
    { text, family, base, meets, destinations, sources }: Mutation,
    found: boolean,
  ): Witness | undefined {
    // No packet of IPv6 is sampled: the captured clusters have no Service of it.
    if (family === 6) return undefined;
    const changed = kernelOf(this.#node, text, family);
    const more = packetsTo(this.#node, this.#sources, destinations);
    const passers = meets.flatMap((name) => this.#passers.get(name) ?? []);
    const fromThere = packetsTo(this.#node, sources, sources.length > 0 ? destinationsAmong(passers) : []);
    const odd = found ? packetsTo(this.#node, this.#odd, destinationsAmong(passers)) : [];
    for (const sent of [...more, ...passers, ...fromThere, ...odd]) {
      const before = this.#meetings.get(textOf(sent)) ?? meetingOf(this.#healthy, sent);
      const after = meetingOf(changed, sent);
      if (!sameMeeting(before, after) && !(base && isOthersMatter(before, after)))
        return { sent, before, after };
    }
    return undefined;
  }
}

/** Where kube-proxy sends a packet nowhere, whether others let it pass is for them to say. */
function isOthersMatter(before: Meeting, after: Meeting): boolean {
  const refused = [...after.keys()].every((text) => text === 'dropped' || text === 'rejected');
  return refused && [...before.keys()].every((text) => text === 'nowhere');
}

function kernelOf(node: OracleNode, text: string, family: 4 | 6): Kernel {
  return node.mode === 'iptables'
    ? kernelOfIptables(text, node.addresses)
    : kernelOfNft(text, family, node.addresses);
}

function textOf({ source, destination, protocol, port }: Sent): string {
  return `${source} ${destination} ${protocol} ${port}`;
}

/** destinationsAmong are those of packets, each once. */
function destinationsAmong(packets: readonly Sent[]): readonly Destination[] {
  const found = packets.map(
    ({ destination, protocol, port }) =>
      [`${destination} ${protocol} ${port}`, { address: destination, protocol, port }] as const,
  );
  return [...new Map(found).values()];
}
