/** All that a packet can meet, with what becomes of its source's next connection: to be compared. */
import { addressOf } from './addresses.ts';
import type { Kernel, Packet } from './packet.ts';
import { type Ending, endingsOf } from './walk.ts';

/** Sent is a packet as people write it. */
export interface Sent {
  /** from is where it comes from: a Pod of this node, over the wire (Pods elsewhere, the world outside), the node. */
  readonly from: 'pod' | 'wire' | 'node';
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly port: number;
}

/** Meeting is each way to end, with its probability. */
export type Meeting = ReadonlyMap<string, number>;

/** ages are how many seconds ago a source was put on a list that the next connection is tried with. */
const ages = [1, 299, 450, 599, 601, 1199, 1201, 5399, 7200, 10_799, 10_801, 21_599];

/** meetingOf is what a packet meets. */
export function meetingOf(kernel: Kernel, sent: Sent): Meeting {
  const packet = packetOf(sent);
  const endings = endingsOf(kernel, packet);
  const first = summed(endings);
  const meeting = new Map(first);
  const lists = new Map(endings.map(({ listed }) => [[...new Set(listed)].join(' '), listed]));
  for (const [text, listed] of lists) {
    if (listed.length === 0) continue;
    for (const age of ages) {
      const remembered = new Map(listed.map((list) => [list, age]));
      const later = summed(endingsOf(kernel, { ...packet, remembered }));
      // Being on a list that nothing asks for is no difference to anybody.
      if (sameMeeting(first, later)) continue;
      for (const [ending, weight] of later) meeting.set(`${age} s after ${text}: ${ending}`, weight);
    }
  }
  return meeting;
}

/** packetOf is a packet that was just sent. */
export function packetOf({ from, source, destination, protocol, port }: Sent): Packet {
  return {
    family: destination.includes(':') ? 6 : 4,
    own: from === 'node',
    inInterface: from === 'pod' ? 'cni0' : from === 'wire' ? 'eth0' : 'lo',
    source: addressOf(source),
    destination: addressOf(destination),
    protocol,
    port,
    mark: 0,
    untracked: false,
    translated: false,
    masqueraded: false,
    remembered: new Map(),
    listed: [],
    weight: 1,
  };
}

function summed(endings: readonly Ending[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { text, weight } of endings) if (weight > 0) sums.set(text, (sums.get(text) ?? 0) + weight);
  return sums;
}

/** sameMeeting tells whether two packets meet the same, to a ten-thousandth. */
export function sameMeeting(one: Meeting, other: Meeting): boolean {
  const near = (text: string) => Math.abs((one.get(text) ?? 0) - (other.get(text) ?? 0)) < 1e-4;
  return [...one.keys()].every(near) && [...other.keys()].every(near);
}
