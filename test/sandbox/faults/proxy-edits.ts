/** What each fault of a proxy's rules changes, in either mode, out of the rules as they are. Pure. */
import type { ProxyMode } from '../proxy/config.ts';
import { endpointChain, portChains } from '../proxy/names.ts';
import { words } from '../proxy/nft-fixed.ts';
import { nftEndpoint, nftPortChains } from '../proxy/nft-names.ts';
import type { ProxyEndpoint, ServicePort } from '../proxy/service-ports.ts';
import { familyOf } from '../service-kinds.ts';
import { type Edit, ruleBefore, ruleEdit } from './iptables-edit.ts';
import { TABLE } from './nft.ts';
import { chainEdit, elementEdit, turnsEdit } from './nft-edit.ts';
import { legacyLeftovers, nftLeftovers } from './proxy-leftovers.ts';

/** RuleScene is what a fault of rules is made from. */
export interface RuleScene {
  /** The port of the Service that is hit: of policy Cluster. */
  port: ServicePort;
  /** What `iptables-save` of the back end nft prints for the port's family, in iptables mode. */
  saved: string;
  /** What `nft list ruleset` prints. */
  listing: string;
}

/** Making makes a fault out of a scene. */
export type Making = (scene: RuleScene) => Edit;

function first({ endpoints, name }: ServicePort): ProxyEndpoint {
  const [endpoint] = endpoints.filter(({ ready }) => ready);
  if (endpoint === undefined) throw new Error(`${name} has no ready endpoint`);
  return endpoint;
}

function numberOf({ text }: ProxyEndpoint): number {
  return Number(text.slice(text.lastIndexOf(':') + 1));
}

const family = ({ clusterIP }: ServicePort) => familyOf(clusterIP);

/** A port that nobody has: the endpoint's, and ten thousand more. */
function elsewhere(endpoint: ProxyEndpoint): { port: number; text: string } {
  const port = (numberOf(endpoint) + 10_000) % 65_536;
  return { port, text: endpoint.text.replace(/:\d+$/, `:${port}`) };
}

function chainOf(port: ServicePort, mode: ProxyMode): string {
  const chains = mode === 'iptables' ? portChains : nftPortChains;
  return chains(port.name, port.protocol).cluster;
}

function sepOf(port: ServicePort): string {
  return endpointChain(port.name, port.protocol, first(port).text);
}

function key({ clusterIP, protocol, port }: ServicePort): string {
  return `${clusterIP} . ${protocol} . ${port}`;
}

/** A rule of dispatch is found by the address that it is for. */
function isFor({ clusterIP, protocol, port }: ServicePort): (rule: string) => boolean {
  return (rule) =>
    rule.startsWith(`-d ${clusterIP}/`) &&
    rule.includes(`-p ${protocol} `) &&
    rule.includes(`--dport ${port} `);
}

function toPort({ clusterIP, protocol, port }: ServicePort): string {
  const prefix = clusterIP.includes(':') ? 128 : 32;
  return `-d ${clusterIP}/${prefix} -p ${protocol} -m ${protocol} --dport ${port}`;
}

/** A base chain of somebody else's, before all of kube-proxy's. */
function foreign(port: ServicePort, name: string, type: string, priority: string, verdict: string): Edit {
  const { ip } = words(family(port));
  const table = `inet ${TABLE}-${name}`;
  const match = `${ip} daddr ${port.clusterIP} ${port.protocol} dport ${port.port}`;
  return {
    argv: ['nft', '-f', '-'],
    apply: `table ${table} {\n chain prerouting {\n type ${type} hook prerouting priority ${priority};\n ${match} ${verdict}\n }\n}\n`,
    undo: `delete table ${table}\n`,
  };
}

/** MAKINGS are the faults by name, each in the modes that have it. */
export const MAKINGS = {
  'endpoint-deleted': {
    iptables: ({ port, saved }) =>
      ruleEdit(family(port), saved, ['nat', chainOf(port, 'iptables')], (rule) =>
        rule.endsWith(`-j ${sepOf(port)}`),
      ),
    nftables: ({ port, listing }) =>
      turnsEdit(family(port), listing, chainOf(port, 'nftables'), (endpoints) => endpoints.slice(1)),
  },
  'target-altered': {
    iptables: ({ port, saved }) =>
      ruleEdit(
        family(port),
        saved,
        ['nat', sepOf(port)],
        (rule) => rule.includes('-j DNAT'),
        (rule) => rule.replace(/--to-destination \S+/, `--to-destination ${elsewhere(first(port)).text}`),
      ),
    nftables: ({ port, listing }) =>
      turnsEdit(family(port), listing, chainOf(port, 'nftables'), ([one = '', ...others]) => [
        one.replace(/\d+$/, `${elsewhere(first(port)).port}`),
        ...others,
      ]),
  },
  'shares-altered': {
    iptables: ({ port, saved }) =>
      ruleEdit(
        family(port),
        saved,
        ['nat', chainOf(port, 'iptables')],
        (rule) => rule.includes('--probability'),
        (rule) => rule.replace(/--probability \S+/, '--probability 0.90000000000'),
      ),
    nftables: ({ port, listing }) =>
      turnsEdit(family(port), listing, chainOf(port, 'nftables'), (endpoints) => [
        ...endpoints,
        ...endpoints.slice(0, 1),
      ]),
  },
  'service-deleted': {
    iptables: ({ port, saved }) => ruleEdit(family(port), saved, ['nat', 'KUBE-SERVICES'], isFor(port)),
    nftables: ({ port, listing }) => elementEdit(family(port), listing, 'service-ips', key(port)),
  },
  'dispatch-removed': {
    iptables: ({ port, saved }) =>
      ruleEdit(family(port), saved, ['nat', 'PREROUTING'], (rule) => rule.endsWith('-j KUBE-SERVICES')),
    nftables: ({ port, listing }) => chainEdit(family(port), listing, 'nat-prerouting', () => []),
  },
  'masquerade-removed': {
    iptables: ({ port, saved }) =>
      ruleEdit(family(port), saved, ['nat', 'KUBE-POSTROUTING'], (rule) => rule.includes('-j MASQUERADE')),
    nftables: ({ port, listing }) =>
      chainEdit(family(port), listing, 'masquerading', (rules) =>
        rules.filter((rule) => !rule.startsWith('meta mark')),
      ),
  },
  'mark-removed': {
    iptables: ({ port, saved }) =>
      ruleEdit(family(port), saved, ['nat', chainOf(port, 'iptables')], (rule) =>
        rule.endsWith('-j KUBE-MARK-MASQ'),
      ),
    nftables: ({ port, listing }) =>
      chainEdit(family(port), listing, 'services', (rules) =>
        rules.filter((rule) => !rule.includes('@cluster-ips')),
      ),
  },
  'reject-removed': {
    iptables: ({ port, saved }) => ruleEdit(family(port), saved, ['filter', 'KUBE-SERVICES'], isFor(port)),
    nftables: ({ port, listing }) => elementEdit(family(port), listing, 'no-endpoint-services', key(port)),
  },
  'affinity-broken': {
    iptables: ({ port, saved }) =>
      ruleEdit(family(port), saved, ['nat', chainOf(port, 'iptables')], (rule) => rule.includes('--rcheck')),
    nftables: ({ port, listing }) => {
      const endpoint = first(port);
      const { clients } = nftEndpoint(port.name, port.protocol, endpoint.address, `${numberOf(endpoint)}`);
      return chainEdit(family(port), listing, chainOf(port, 'nftables'), (rules) =>
        rules.filter((rule) => !rule.includes(`saddr @${clients} `)),
      );
    },
  },
  'foreign-drop': {
    iptables: ({ port }) => ruleBefore(family(port), 'raw', 'PREROUTING', `${toPort(port)} -j DROP`),
    nftables: ({ port }) => ruleBefore(family(port), 'raw', 'PREROUTING', `${toPort(port)} -j DROP`),
  },
  'foreign-dnat': {
    iptables: ({ port }) =>
      ruleBefore(
        family(port),
        'nat',
        'PREROUTING',
        `${toPort(port)} -j DNAT --to-destination ${elsewhere(first(port)).text}`,
      ),
    nftables: ({ port }) =>
      foreign(
        port,
        'foreign-dnat',
        'nat',
        'dstnat - 5',
        `dnat ${words(family(port)).ip} to ${elsewhere(first(port)).text}`,
      ),
  },
  'foreign-notrack': {
    iptables: ({ port }) => ruleBefore(family(port), 'raw', 'PREROUTING', `${toPort(port)} -j CT --notrack`),
    nftables: ({ port }) => foreign(port, 'foreign-notrack', 'filter', 'raw', 'notrack'),
  },
  'legacy-leftovers': {
    iptables: ({ port }) => legacyLeftovers(port, elsewhere(first(port)).text),
    nftables: ({ port }) => legacyLeftovers(port, elsewhere(first(port)).text),
  },
  'nft-leftovers': {
    iptables: ({ port }) => {
      const endpoint = first(port);
      return nftLeftovers(port, endpoint.address, `${elsewhere(endpoint).port}`);
    },
  },
} satisfies Record<string, Partial<Record<ProxyMode, Making>>>;

/** RuleFaultName names a fault of rules. */
export type RuleFaultName = keyof typeof MAKINGS;

const BY_NAME: Record<RuleFaultName, Partial<Record<ProxyMode, Making>>> = MAKINGS;

/** makingOf is undefined for a fault that a mode does not have. */
export function makingOf(name: RuleFaultName, mode: ProxyMode): Making | undefined {
  return BY_NAME[name][mode];
}
