/** The faults of Pod networks. All are on nodes; `across` means traffic with Pods of other nodes. */
import type { Fault, Target } from './fault.ts';
import { type Chain, each, tableFault } from './nft.ts';

/** Protocol names in nftables' words. */
export type Protocol = 'tcp' | 'udp';

const BOTH: Protocol[] = ['tcp', 'udp'];

function forward(rules: string[]): Chain {
  return { type: 'filter', hook: 'forward', priority: '0', rules };
}

/** outward are rules for what the node's Pods send across, inward for what they get from there. */
function outward(target: Target, verdict: string): string[] {
  return each(target.podCIDRs, target.podCIDRs, ({ ip, source }) => [
    `${ip} saddr ${source} ${ip} daddr != ${here(source)} ${verdict}`,
  ]);
}

function inward(target: Target, verdict: string): string[] {
  return each(target.podCIDRs, target.podCIDRs, ({ ip, source }) => [
    `${ip} daddr ${source} ${ip} saddr != ${source} ${verdict}`,
  ]);
}

/** here are the destinations on the node itself: neighbours are looked for by multicast, which br_netfilter shows. */
function here(range: string): string {
  return range.includes(':') ? `{ ${range}, ff00::/8 }` : `{ ${range}, 224.0.0.0/4 }`;
}

function slug(protocols: Protocol[]): string {
  return protocols.length === 1 ? `-${protocols[0]}` : '';
}

/** masquerade hides the node's Pods behind its own address when they talk across; `randomPorts` changes ports too. */
export function masquerade(
  target: Target,
  { protocols = BOTH, randomPorts = false }: { protocols?: Protocol[]; randomPorts?: boolean } = {},
): Fault {
  const verdict = `meta l4proto { ${protocols.join(', ')} } masquerade${randomPorts ? ' fully-random' : ''}`;
  const rules = outward(target, verdict);
  const name = `masquerade${slug(protocols)}${randomPorts ? '-random' : ''}`;
  return tableFault(name, target, [{ type: 'nat', hook: 'postrouting', priority: 'srcnat', rules }]);
}

/** translateDestination sends what the node's Pods send to one Pod address to another one. */
export function translateDestination(target: Target, from: string, to: string): Fault {
  const ip = from.includes(':') ? 'ip6' : 'ip';
  const rules = [`${ip} daddr ${from} dnat ${ip} to ${to}`];
  return tableFault('translate-destination', target, [
    { type: 'nat', hook: 'prerouting', priority: 'dstnat', rules },
  ]);
}

/** dropNewConnections loses what opens a connection from Pods of one node to Pods of another; answers go through. */
export function dropNewConnections(from: Target, to: Target): Fault {
  const rules = each(from.podCIDRs, to.podCIDRs, ({ ip, source, destination }) => [
    `${ip} saddr ${source} ${ip} daddr ${destination} ct state new drop`,
  ]);
  return tableFault('drop-new', from, [forward(rules)]);
}

/** dropOneWay loses every packet from Pods of one node to Pods of another: questions that way, and answers. */
export function dropOneWay(from: Target, to: Target): Fault {
  const rules = each(from.podCIDRs, to.podCIDRs, ({ ip, source, destination }) => [
    `${ip} saddr ${source} ${ip} daddr ${destination} drop`,
  ]);
  return tableFault('drop-one-way', from, [forward(rules)]);
}

/** dropAnswers loses only the answers that Pods of one node give to Pods of another: every question arrives. */
export function dropAnswers(from: Target, to: Target): Fault {
  const rules = each(from.podCIDRs, to.podCIDRs, ({ ip, source, destination }) => [
    `${ip} saddr ${source} ${ip} daddr ${destination} ct direction reply drop`,
  ]);
  return tableFault('drop-answers', from, [forward(rules)]);
}

/** dropFrom loses everything that Pods of one node send across. */
export function dropFrom(target: Target): Fault {
  return tableFault('drop-from', target, [forward(outward(target, 'drop'))]);
}

/** dropProtocol loses one protocol across, both ways. */
export function dropProtocol(target: Target, protocol: Protocol): Fault {
  const verdict = `meta l4proto ${protocol} drop`;
  const rules = [...outward(target, verdict), ...inward(target, verdict)];
  return tableFault(`drop-${protocol}`, target, [forward(rules)]);
}

/** dropSameNode loses what Pods of one node send to each other: it never leaves the node's bridge. */
export function dropSameNode(target: Target): Fault {
  const rules = target.podCIDRs.map((range) => {
    const ip = range.includes(':') ? 'ip6' : 'ip';
    // Neighbour discovery of IPv6 must go on: a bridge that loses it loses the gateway too.
    return `${ip} saddr ${range} ${ip} daddr ${range} meta l4proto { tcp, udp } drop`;
  });
  return tableFault('drop-same-node', target, [forward(rules)], 'bridge');
}

/** dropLarge loses packets across that are larger than `bytes` and tells nobody: an MTU black hole. */
export function dropLarge(target: Target, bytes = 1300): Fault {
  const size = (range: string) =>
    range.includes(':') ? `ip6 length > ${bytes - 40}` : `ip length > ${bytes}`;
  const rules = target.podCIDRs.flatMap((range) => {
    const one = { ...target, podCIDRs: [range] };
    return [...outward(one, `${size(range)} drop`), ...inward(one, `${size(range)} drop`)];
  });
  return tableFault('drop-large', target, [forward(rules)]);
}

/** loseDatagrams loses so many of a hundred UDP packets that the node's Pods send across. */
export function loseDatagrams(target: Target, percent: number): Fault {
  const rules = outward(target, `meta l4proto udp numgen random mod 100 < ${percent} drop`);
  return tableFault(`lose-${percent}`, target, [forward(rules)]);
}

/** dropFragments loses fragments across, before connection tracking puts them together. */
export function dropFragments(target: Target): Fault {
  const rules = target.podCIDRs.flatMap((range) => {
    const part = range.includes(':') ? 'exthdr frag exists' : 'ip frag-off & 0x3fff != 0';
    const one = { ...target, podCIDRs: [range] };
    return [...outward(one, `${part} drop`), ...inward(one, `${part} drop`)];
  });
  return tableFault('drop-fragments', target, [
    { type: 'filter', hook: 'prerouting', priority: '-450', rules },
  ]);
}

/** loseRoute takes a node's routes to the Pods of another. */
export function loseRoute(target: Target, to: Target): Fault {
  const place = { node: target.name };
  const via = (range: string) =>
    to.addresses.find((address) => address.includes(':') === range.includes(':')) ?? '';
  return {
    name: `lose-route on ${target.name}`,
    apply: to.podCIDRs.map((range) => ({ place, argv: ['ip', 'route', 'del', range] })),
    undo: to.podCIDRs.map((range) => ({ place, argv: ['ip', 'route', 'replace', range, 'via', via(range)] })),
  };
}
