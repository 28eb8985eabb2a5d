/** The chains of kube-proxy that every node has, and what leads to them (pkg/proxy/iptables/proxier.go). Pure. */
import type { Family } from '../service-kinds.ts';

/** Table is a table that kube-proxy writes. */
export type Table = 'filter' | 'nat';

/** Chains are rules by chain, each as iptables-save prints it behind `-A CHAIN`. */
export type Chains = Map<string, string[]>;

/** COUNTERS are the nfacct objects that rules count with. */
export const COUNTERS = ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'] as const;

/** comment is a match that says what a rule is for. */
export function comment(text: string): string {
  return `-m comment --comment "${text}"`;
}

/** counted is a match that counts. iptables-save really prints two blanks. */
export function counted(name: (typeof COUNTERS)[number]): string {
  return `-m nfacct --nfacct-name  ${name}`;
}

/** MARK_MASQ is where packets go that shall leave with the node's address. */
export const MARK_MASQ = 'KUBE-MARK-MASQ';

/** FIREWALL is the chain that the kubelet shares with the proxy. */
export const FIREWALL = 'KUBE-FIREWALL';

/** Jump is a rule in a chain of the kernel's. */
export interface Jump {
  table: Table;
  chain: string;
  rule: string;
}

const isNew = '-m conntrack --ctstate NEW';

function jump(table: Table, chain: string, rule: string): Jump {
  return { table, chain, rule };
}

const portals = comment('kubernetes service portals');
const outside = `${isNew} ${comment('kubernetes externally-visible service portals')} -j KUBE-EXTERNAL-SERVICES`;
const services = `${isNew} ${portals} -j KUBE-SERVICES`;
const firewall = `${isNew} ${comment('kubernetes load balancer firewall')} -j KUBE-PROXY-FIREWALL`;

/** JUMPS come in the order in which they are put before everything else: the last one ends up first. */
export const JUMPS: readonly Jump[] = [
  jump('filter', 'INPUT', `-j ${FIREWALL}`),
  jump('filter', 'OUTPUT', `-j ${FIREWALL}`),
  jump('filter', 'INPUT', outside),
  jump('filter', 'FORWARD', outside),
  jump('filter', 'INPUT', `${comment('kubernetes health check service ports')} -j KUBE-NODEPORTS`),
  jump('filter', 'FORWARD', services),
  jump('filter', 'OUTPUT', services),
  jump('filter', 'FORWARD', `${comment('kubernetes forwarding rules')} -j KUBE-FORWARD`),
  jump('filter', 'INPUT', firewall),
  jump('filter', 'OUTPUT', firewall),
  jump('filter', 'FORWARD', firewall),
  jump('nat', 'OUTPUT', `${portals} -j KUBE-SERVICES`),
  jump('nat', 'PREROUTING', `${portals} -j KUBE-SERVICES`),
  jump('nat', 'POSTROUTING', `${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING`),
];

/** nodePortsJump is the last rule of KUBE-SERVICES: what is for the node itself may be for a node port. */
export function nodePortsJump(family: Family): string {
  const text = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain';
  const rule = `${comment(text)} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`;
  // Linux routes no loopback address of IPv6 to elsewhere.
  return family === 'IPv6' ? `! -d ::1/128 ${rule}` : rule;
}

/** fixedFilter are the rules of the table filter that no Service changes. */
export function fixedFilter(family: Family): Chains {
  const localnet = `! -s 127.0.0.0/8 -d 127.0.0.0/8 ${comment('block incoming localnet connections')} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`;
  return new Map([
    [FIREWALL, family === 'IPv4' ? [localnet] : []],
    [
      'KUBE-FORWARD',
      [
        `-m conntrack --ctstate INVALID ${counted('ct_state_invalid_dropped_pkts')} -j DROP`,
        `${comment('kubernetes forwarding rules')} -m mark --mark 0x4000/0x4000 -j ACCEPT`,
        `${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
      ],
    ],
  ]);
}

/** fixedNat are the rules of the table nat that no Service changes. */
export function fixedNat(): Chains {
  return new Map([
    [MARK_MASQ, ['-j MARK --set-xmark 0x4000/0x4000']],
    [
      'KUBE-POSTROUTING',
      [
        '-m mark ! --mark 0x4000/0x4000 -j RETURN',
        '-j MARK --set-xmark 0x4000/0x0',
        `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
      ],
    ],
  ]);
}
