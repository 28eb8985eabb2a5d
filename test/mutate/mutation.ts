/** A healthy text with one thing changed. */

/** Kind is what was done. */
export type Kind =
  | 'delete'
  | 'swap'
  | 'double'
  | 'address'
  | 'prefix'
  | 'port'
  | 'protocol'
  | 'target'
  | 'mark'
  | 'probability'
  | 'negation'
  | 'state'
  | 'affinity'
  | 'policy'
  | 'part';

/** Mutation is one change. */
export interface Mutation {
  readonly kind: Kind;
  readonly family: 4 | 6;
  /** what shows the change to people: what was there, and what is there now. */
  readonly what: string;
  readonly text: string;
  /** base is true of a change in a chain that kube-proxy shares with others. */
  readonly base: boolean;
  /** meets are the rules and sets, as the simulator names them, that a packet must meet to meet the change. */
  readonly meets: readonly string[];
  /** destinations are such as only the changed text knows. */
  readonly destinations: readonly Destination[];
  /** sources are addresses in ranges of sources that changed, and at their borders. */
  readonly sources: readonly string[];
}

/** Destination is what packets are sent to; without an address, any of the node. */
export interface Destination {
  readonly address?: string;
  readonly protocol: string;
  readonly port: number;
}

/** Change is a changed line or item, before it is put in its place. */
export interface Change<Part> {
  readonly kind: Kind;
  readonly part: Part;
  readonly destinations?: readonly Destination[];
  readonly sources?: readonly string[];
}

/** following is the name behind this one, in a circle; undefined where it is alone. */
export function following(names: readonly string[], name: string): string | undefined {
  const other = names[(names.indexOf(name) + 1) % names.length];
  return other === name ? undefined : other;
}

/** otherProtocol is one that a packet could have as well. */
export function otherProtocol(protocol: string): string {
  return protocol === 'tcp' ? 'udp' : 'tcp';
}
