/** Writes what `nft -j list ruleset` prints of a node whose kube-proxy has written its tables for a drawn cluster. */
import { type Endpoint, hash, isExternal, type ServicePort, servicePortsOf } from './choice.ts';
import { addresses, type Cluster, type Version } from './cluster.ts';
import { bases, bits, checks, goto, l4proto, type Table, tableItems } from './nft-table.ts';

type Json = { readonly [key: string]: unknown };

/** nftOf is the text of one node, with the tables of both families. */
export function nftOf(cluster: Cluster, node: number): string {
  const items = ([4, 6] as const).flatMap((version) => {
    const table: Table = { version, sets: new Map(), chains: new Map() };
    bases(table);
    checks(table, cluster.nodePorts === 'all' ? undefined : [addresses.node(node, version)]);
    for (const each of servicePortsOf(cluster, node, version)) servicePort(table, cluster, each, node);
    masquerade(table, cluster);
    return tableItems(table);
  });
  const metainfo = { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 };
  return JSON.stringify({ nftables: [{ metainfo }, ...items] });
}

/** What is sent to cluster addresses from elsewhere is masqueraded before it is dispatched. */
function masquerade({ chains, version }: Table, { masqueradeAll, detector }: Cluster): void {
  if (!masqueradeAll && !detector) return;
  const [services = []] = [chains.get('services')];
  const toCluster = bits.match('==', bits.field('daddr', version), '@cluster-ips');
  const notPods = bits.match('!=', bits.field('saddr', version), bits.prefix(addresses.pods(version)));
  chains.set('services', [[toCluster, ...(masqueradeAll ? [] : [notPods]), bits.mark('|')], ...services]);
}

function element(
  table: Table,
  set: string,
  key: readonly unknown[],
  value: Json | undefined,
  comment?: string,
): void {
  const concat = key.length === 1 ? key[0] : { concat: key };
  const named = comment === undefined ? concat : { elem: { val: concat, comment } };
  const elements = table.sets.get(set) ?? [];
  table.sets.set(set, [...elements, value === undefined ? named : [named, value]]);
}

function servicePort(table: Table, cluster: Cluster, each: ServicePort, node: number): void {
  const { protocol, port, clusterIP, internal, external, any, service, externalIPs, balancers, ranges } =
    each;
  const base = baseName(each);
  const comment = `shop/${service.name}`;
  const unserved = any ? { drop: null } : goto('reject-chain');
  if (!(table.sets.get('cluster-ips') ?? []).includes(clusterIP))
    element(table, 'cluster-ips', [clusterIP], undefined);
  if (internal.length > 0)
    element(
      table,
      'service-ips',
      [clusterIP, protocol, port.port],
      goto(`${service.internalLocal ? 'local' : 'service'}-${base}`),
    );
  else element(table, 'no-endpoint-services', [clusterIP, protocol, port.port], unserved, comment);
  for (const address of [...externalIPs, ...balancers]) {
    const key = [address, protocol, port.port];
    if (any) element(table, 'service-ips', key, goto(`external-${base}`));
    if (external.length === 0) element(table, 'no-endpoint-services', key, unserved, comment);
    if (ranges.length > 0 && balancers.includes(address))
      element(table, 'firewall-ips', key, goto(`firewall-${base}`));
  }
  if (port.nodePort !== 0) {
    if (any) element(table, 'service-nodeports', [protocol, port.nodePort], goto(`external-${base}`));
    if (external.length === 0)
      element(table, 'no-endpoint-nodeports', [protocol, port.nodePort], unserved, comment);
  }
  externalChain(table, cluster, each, base);
  balance(table, each, base, node);
}

function baseName({ service, port, protocol }: ServicePort, endpoint?: Endpoint): string {
  const to = endpoint === undefined ? '' : `__${endpoint.address.replaceAll(':', '.')}/${endpoint.port}`;
  const name = `shop/${service.name}/${protocol}/${port.name}${to}`;
  return `${hash(name, 8)}-${name}`;
}

function externalChain(
  { chains, version }: Table,
  { detector }: Cluster,
  each: ServicePort,
  base: string,
): void {
  const { any, service, external } = each;
  firewallChain(chains, each, base, version);
  if (!any || !isExternal(each)) return;
  const local = bits.match('==', { fib: { result: 'type', flags: ['saddr'] } }, 'local');
  const fromPods = bits.match('==', bits.field('saddr', version), bits.prefix(addresses.pods(version)));
  const toCluster = goto(`service-${base}`);
  chains.set(
    `external-${base}`,
    service.externalLocal
      ? [
          ...(detector ? [[fromPods, toCluster]] : []),
          [local, bits.mark('|')],
          [local, toCluster],
          ...(external.length > 0 ? [[goto(`local-${base}`)]] : []),
        ]
      : [[bits.mark('|')], [toCluster]],
  );
}

/** The wall stands whether there are endpoints or not. */
function firewallChain(
  chains: Table['chains'],
  { balancers, ranges, fromNode }: ServicePort,
  base: string,
  version: Version,
): void {
  if (balancers.length === 0 || ranges.length === 0) return;
  const allowed = [...ranges.map(bits.prefix), ...(fromNode ? balancers : [])];
  const right = allowed.length === 1 ? allowed[0] : { set: allowed };
  chains.set(`firewall-${base}`, [[bits.match('!=', bits.field('saddr', version), right), { drop: null }]]);
}

function balance(table: Table, each: ServicePort, base: string, node: number): void {
  const { service, cluster, local, protocol } = each;
  const usesCluster = cluster.length > 0 && (!service.internalLocal || isExternal(each));
  const usesLocal =
    local.length > 0 && (service.internalLocal || (service.externalLocal && isExternal(each)));
  if (usesCluster) policyChain(table, each, `service-${base}`, cluster);
  if (usesLocal) policyChain(table, each, `local-${base}`, local);
  const reached = [...(usesCluster ? cluster : []), ...(usesLocal ? local : [])];
  for (const endpoint of new Map(reached.map((each) => [each.text, each])).values()) {
    const { address, port } = endpoint;
    const hairpin = { concat: [address, address, protocol, port] };
    const hairpins = table.sets.get('hairpin-connections') ?? [];
    const known = hairpins.some((other) => JSON.stringify(other) === JSON.stringify(hairpin));
    if (endpoint.local && !known && node > 0) table.sets.set('hairpin-connections', [...hairpins, hairpin]);
    if (service.affinitySeconds > 0) endpointChain(table, each, endpoint);
  }
}

function endpointChain({ sets, chains, version }: Table, each: ServicePort, endpoint: Endpoint): void {
  const name = baseName(each, endpoint);
  const { address: addr, port } = endpoint;
  sets.set(`affinity-${name} ${each.service.affinitySeconds}`, []);
  const update = { set: { op: 'update', elem: bits.field('saddr', version), set: `@affinity-${name}` } };
  chains.set(`endpoint-${name}`, [[update], [l4proto(each.protocol), { dnat: { addr, port } }]]);
}

function policyChain(
  { chains, version }: Table,
  each: ServicePort,
  chain: string,
  endpoints: readonly Endpoint[],
): void {
  const key = { numgen: { mode: 'random', mod: endpoints.length, offset: 0 } };
  if (each.service.affinitySeconds === 0) {
    const set = endpoints.map(({ address, port }, index) => [index, { concat: [address, port] }]);
    const dnat = { family: version === 4 ? 'ip' : 'ip6', addr: { map: { key, data: { set } } } };
    chains.set(chain, [[l4proto(each.protocol), { dnat }]]);
    return;
  }
  const to = (endpoint: Endpoint) => goto(`endpoint-${baseName(each, endpoint)}`);
  const sticky = endpoints.map((endpoint): Json[] => {
    const remembered = bits.match(
      '==',
      bits.field('saddr', version),
      `@affinity-${baseName(each, endpoint)}`,
    );
    return [remembered, to(endpoint)];
  });
  const set = endpoints.map((endpoint, index) => [index, to(endpoint)]);
  chains.set(chain, [...sticky, [{ vmap: { key, data: { set } } }]]);
}
