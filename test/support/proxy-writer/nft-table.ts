/** The parts of kube-proxy's tables that do not depend on Services, and the JSON that nft prints of it all. */
import type { Version } from './cluster.ts';

type Json = { readonly [key: string]: unknown };

/** Table is one of kube-proxy's two. */
export interface Table {
  readonly version: Version;
  /** sets are elements by the name of their set; that of an affinity set carries its seconds behind a space. */
  readonly sets: Map<string, readonly unknown[]>;
  readonly chains: Map<string, readonly (readonly Json[])[]>;
}

/** bits are small pieces of nft's JSON. */
export const bits = {
  match: (op: string, left: Json, right: unknown): Json => ({ match: { op, left, right } }),
  field: (field: string, version: Version): Json => ({
    payload: { protocol: version === 4 ? 'ip' : 'ip6', field },
  }),
  prefix: (text: string): Json => {
    const [addr, length] = text.split('/');
    return { prefix: { addr, len: Number(length) } };
  },
  mark: (operator: string): Json => {
    const mark = { meta: { key: 'mark' } };
    return { mangle: { key: mark, value: { [operator]: [mark, 16_384] } } };
  },
};

/** goto leads to a chain of the table. */
export function goto(target: string): Json {
  return { goto: { target } };
}

/** l4proto asks for a protocol. */
export function l4proto(protocol: string): Json {
  return bits.match('==', { meta: { key: 'l4proto' } }, protocol);
}

const protocolAndPort: readonly Json[] = [
  { meta: { key: 'l4proto' } },
  { payload: { protocol: 'th', field: 'dport' } },
];

function lookup(map: string, ...fields: readonly Json[]): Json {
  return { vmap: { key: { concat: [...fields, ...protocolAndPort] }, data: `@${map}` } };
}

/** hooks are the base chains with their jumps. */
const hooks = [
  ['filter-prerouting-pre-dnat', 'filter', 'prerouting', -110, ['firewall-check']],
  ['filter-output-pre-dnat', 'filter', 'output', -110, ['firewall-check']],
  ['filter-input', 'filter', 'input', 0, ['nodeport-endpoints-check', 'service-endpoints-check']],
  ['filter-forward', 'filter', 'forward', 0, ['service-endpoints-check', 'cluster-ips-check']],
  ['filter-output', 'filter', 'output', 0, ['service-endpoints-check', 'cluster-ips-check']],
  ['nat-prerouting', 'nat', 'prerouting', -100, ['services']],
  ['nat-output', 'nat', 'output', -100, ['services']],
  ['nat-postrouting', 'nat', 'postrouting', 100, ['masquerading']],
] as const;

/** bases makes the base chains. */
export function bases({ chains }: Table): void {
  const isNew = bits.match('in', { ct: { key: 'state' } }, 'new');
  for (const [name, type, , , targets] of hooks)
    chains.set(
      name,
      targets.map((target) => [...(type === 'filter' ? [isNew] : []), { jump: { target } }]),
    );
}

/** checks makes the chains that they jump to; ports of nodes are served on some addresses, or on all. */
export function checks(table: Table, nodeAddresses: readonly string[] | undefined): void {
  const { version, chains, sets } = table;
  const daddr = bits.field('daddr', version);
  const loopback = version === 4 ? bits.prefix('127.0.0.0/8') : '::1';
  const onNode =
    nodeAddresses === undefined
      ? bits.match('!=', daddr, loopback)
      : bits.match('==', daddr, '@nodeport-ips');
  const isLocal = bits.match('==', { fib: { result: 'type', flags: ['daddr'] } }, 'local');
  const reject: Json = { reject: { type: version === 4 ? 'icmp' : 'icmpv6', expr: 'port-unreachable' } };
  if (nodeAddresses !== undefined) sets.set('nodeport-ips', nodeAddresses);
  chains.set('nodeport-endpoints-check', [[onNode, lookup('no-endpoint-nodeports')]]);
  chains.set('service-endpoints-check', [[lookup('no-endpoint-services', daddr)]]);
  chains.set('firewall-check', [[lookup('firewall-ips', daddr)]]);
  chains.set('services', [
    [lookup('service-ips', daddr)],
    [...(nodeAddresses === undefined ? [isLocal] : []), onNode, lookup('service-nodeports')],
  ]);
  chains.set('masquerading', [
    [
      bits.match('!=', { '&': [{ meta: { key: 'mark' } }, 16_384] }, 0),
      bits.mark('^'),
      { masquerade: { flags: 'fully-random' } },
    ],
    [
      bits.match('in', { ct: { key: 'status' } }, 'dnat'),
      bits.match(
        '==',
        { concat: [bits.field('saddr', version), daddr, ...protocolAndPort] },
        '@hairpin-connections',
      ),
      { masquerade: { flags: 'fully-random' } },
    ],
  ]);
  chains.set('cluster-ips-check', [[bits.match('==', daddr, '@cluster-ips'), reject]]);
  chains.set('reject-chain', [[reject]]);
}

/** types are those of the sets that are always there: the parts of their keys, and whether they are maps. */
const types = [
  ['hairpin-connections', ['addr', 'addr', 'proto', 'service'], false],
  ['cluster-ips', ['addr'], false],
  ['no-endpoint-services', ['addr', 'proto', 'service'], true],
  ['no-endpoint-nodeports', ['proto', 'service'], true],
  ['firewall-ips', ['addr', 'proto', 'service'], true],
  ['service-ips', ['addr', 'proto', 'service'], true],
  ['service-nodeports', ['proto', 'service'], true],
] as const;

/** tableItems is the table as nft prints it. */
export function tableItems({ version, sets, chains }: Table): readonly Json[] {
  const family = version === 4 ? 'ip' : 'ip6';
  const [own, address] = [{ family, table: 'kube-proxy' }, version === 4 ? 'ipv4_addr' : 'ipv6_addr'];
  const typeOf = (part: string) => (part === 'addr' ? address : `inet_${part}`);
  const elem = (name: string) => {
    const elements = sets.get(name) ?? [];
    return elements.length === 0 ? {} : { elem: elements };
  };
  const fixed = types.map(([name, parts, isMap]) => {
    const type = parts.length === 1 ? address : parts.map(typeOf);
    const content = { ...own, name, type, handle: 1, ...(isMap ? { map: 'verdict' } : {}), ...elem(name) };
    return isMap ? { map: content } : { set: content };
  });
  const drawn = [...sets.keys()].flatMap((name): readonly Json[] => {
    if (name === 'nodeport-ips') return [{ set: { ...own, name, type: address, handle: 1, ...elem(name) } }];
    const [plain, seconds] = name.split(' ');
    if (seconds === undefined) return [];
    const flags = { size: 65_535, flags: ['timeout'], timeout: Number(seconds) };
    return [{ set: { ...own, name: plain, type: address, handle: 1, ...flags } }];
  });
  const headers = [...chains.keys()].map((name) => {
    const hook = hooks.find(([base]) => base === name);
    const [, type, at, prio] = hook ?? [];
    return {
      chain: {
        ...own,
        name,
        handle: 1,
        ...(hook === undefined ? {} : { type, hook: at, prio, policy: 'accept' }),
      },
    };
  });
  const rules = [...chains].flatMap(([chain, each]) =>
    each.map((expr) => ({ rule: { ...own, chain, handle: 1, expr } })),
  );
  return [{ table: { family, name: 'kube-proxy', handle: 1 } }, ...fixed, ...drawn, ...headers, ...rules];
}
