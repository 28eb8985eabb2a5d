/**
 * What packets to one destination meet on a node, in one canonical form: the node writes it down from its rules, the judge
 * from the API, and the two texts are equal exactly when the node does what the API says.
 */
import type { AddressSet, Family } from './address-set.ts';
import { setOfText, setText } from './address-text.ts';

/**
 * Destination is what packets are sent to:
 * - `Address`: an address, protocol and port of a Service;
 * - `NodePort`: a port on the node's own first address (the Pod address of a host-network Pod);
 * - `NodePortElsewhere`: the same on another address of the node, not loopback (the first of the rest, in canonical
 *   order by number), where there is one;
 * - `NodePortLoopback`: the same on 127.0.0.1, from the node itself;
 * - `OtherPorts`: any port of an address that no Service port of that address has (port 0 stands for it), in TCP.
 */
export type DestinationKind =
  | 'Address'
  | 'NodePort'
  | 'NodePortElsewhere'
  | 'NodePortLoopback'
  | 'OtherPorts';

/** Destination names one row of the table. */
export interface Destination {
  readonly family: Family;
  readonly kind: DestinationKind;
  /** address is canonical; empty for the kinds that begin with NodePort. */
  readonly address: string;
  /** protocol is in lower case: tcp, udp, sctp. */
  readonly protocol: string;
  readonly port: number;
}

/**
 * Entry is one row of the table. A destination of which nothing is done to any packet has no row, unless it is a port of
 * an address of which unused ports have one.
 * - `entering`: packets that come in over an interface, from Pods of this node, Pods elsewhere and the world outside,
 *   for every source address;
 * - `fromPods`: the same over a Pod's interface, only where rules tell interfaces apart and the two differ;
 * - `node`: packets of the node itself, from its first address. Sets of these are full or empty.
 */
export interface Entry {
  readonly destination: Destination;
  readonly entering: readonly Outcome[];
  readonly fromPods?: readonly Outcome[];
  readonly node: readonly Outcome[];
}

/** Outcome is one thing that can become of packets. Those that pass untouched have none. */
export interface Outcome {
  /**
   * - `Endpoint`: sent on to an endpoint, and let through;
   * - `Reject`, `Drop`: refused, or silently dropped, wherever on the way;
   * - `Untracked`: taken out of connection tracking, so that no Service rule can work;
   * - `Unknown`: it hangs on a rule that is not understood.
   */
  readonly kind: 'Endpoint' | 'Reject' | 'Drop' | 'Untracked' | 'Unknown';
  /** endpoint is `ip:port` (`[ip]:port`) of an Endpoint, else empty. */
  readonly endpoint: string;
  /** sources are those for which this can happen. */
  readonly sources: AddressSet;
  /** masqueraded are those of the sources whose address is replaced by the node's. Empty for all but Endpoint. */
  readonly masqueraded: AddressSet;
  /**
   * shareMillionths is how many packets of a million go to this endpoint, only where the endpoints of a source do not all
   * get the same share (to a ten-thousandth of it).
   */
  readonly shareMillionths?: number;
  /** stickySeconds is how long a source that was sent to this endpoint is sent there again (ClientIP affinity). */
  readonly stickySeconds?: number;
}

/** destinationText is the key of a row. */
export function destinationText({ family, kind, address, protocol, port }: Destination): string {
  return `${family === 'IPv4' ? 4 : 6} ${kind} ${address} ${protocol} ${port}`;
}

/** entryText writes a row down: one text for one meaning. */
export function entryText({ destination, entering, fromPods, node }: Entry): string {
  const pods = fromPods === undefined ? '' : `|pods${outcomesText(fromPods)}`;
  return `${destinationText(destination)}|in${outcomesText(entering)}${pods}|node${outcomesText(node)}`;
}

function outcomesText(outcomes: readonly Outcome[]): string {
  const [first] = outcomes;
  if (first === undefined) return '';
  return outcomes.length === 1 ? outcomeText(first) : outcomes.map(outcomeText).sort().join('');
}

/** outcomeText is the part of a row's text that one outcome is. */
export function outcomeText(outcome: Outcome): string {
  const { kind, endpoint, sources, masqueraded, shareMillionths, stickySeconds } = outcome;
  const share = shareMillionths === undefined ? '' : ` =${shareMillionths}`;
  const sticky = stickySeconds === undefined ? '' : ` ~${stickySeconds}`;
  return `;${kind} ${endpoint} ${setText(sources)} ${setText(masqueraded)}${share}${sticky}`;
}

const kinds = ['Endpoint', 'Reject', 'Drop', 'Untracked', 'Unknown'] as const;
const destinationKinds = [
  'Address',
  'NodePort',
  'NodePortElsewhere',
  'NodePortLoopback',
  'OtherPorts',
] as const;

/** entryOf reads what entryText wrote; undefined for anything else. It comes from a node: it is not trusted. */
export function entryOf(text: string): Entry | undefined {
  const [key = '', ...parts] = text.split('|');
  const destination = destinationOf(key);
  if (destination === undefined) return undefined;
  const { family } = destination;
  const [entering, ...rest] = parts;
  const node = rest.pop();
  const [pods, more] = rest;
  const read = {
    entering: outcomesOf(family, 'in', entering),
    node: outcomesOf(family, 'node', node),
    fromPods: pods === undefined ? [] : outcomesOf(family, 'pods', pods),
  };
  if (more !== undefined || !read.entering || !read.node || !read.fromPods) return undefined;
  return {
    destination,
    entering: read.entering,
    ...(pods === undefined ? {} : { fromPods: read.fromPods }),
    node: read.node,
  };
}

/** destinationOf reads what destinationText wrote. */
export function destinationOf(text: string): Destination | undefined {
  const match = /^([46]) (\w+) ([0-9a-f.:]*) (tcp|udp|sctp) (\d{1,5})$/.exec(text);
  const kind = destinationKinds.find((each) => each === match?.[2]);
  if (match === null || kind === undefined) return undefined;
  const [, family, , address = '', protocol = '', port] = match;
  return { family: family === '4' ? 'IPv4' : 'IPv6', kind, address, protocol, port: Number(port) };
}

function outcomesOf(family: Family, name: string, text: string | undefined): readonly Outcome[] | undefined {
  if (text === undefined || !text.startsWith(name)) return undefined;
  const [head, ...parts] = text.slice(name.length).split(';');
  if (head !== '') return undefined;
  const outcomes = parts.flatMap((part) => outcomeOf(family, part) ?? []);
  return outcomes.length === parts.length ? outcomes : undefined;
}

function outcomeOf(family: Family, text: string): Outcome | undefined {
  const match = /^(\w+) ([0-9a-f.:[\]]*) ([0-9a-f,*-]+) ([0-9a-f,*-]+)(?: =(\d{1,7}))?(?: ~(\d{1,6}))?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, name, endpoint = '', from = '', masked = '', share, sticky] = match;
  const kind = kinds.find((each) => each === name);
  const [sources, masqueraded] = [setOfText(family, from), setOfText(family, masked)];
  if (kind === undefined || sources === undefined || masqueraded === undefined) return undefined;
  return {
    kind,
    endpoint,
    sources,
    masqueraded,
    ...(share === undefined ? {} : { shareMillionths: Number(share) }),
    ...(sticky === undefined ? {} : { stickySeconds: Number(sticky) }),
  };
}
