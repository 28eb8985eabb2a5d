/** Writes what iptables-save prints of a node whose kube-proxy has written its rules for a drawn cluster. */
import { type Endpoint, hash, isExternal, type ServicePort, servicePortsOf } from './choice.ts';
import { addresses, type Cluster, type Version } from './cluster.ts';

/** Lines are rules by chain. */
type Lines = Map<string, string[]>;

/** iptablesOf is the text of one node. */
export function iptablesOf(cluster: Cluster, node: number, version: Version): string {
  const [nat, filter]: [Lines, Lines] = [new Map(), new Map()];
  const into = (table: Lines) => (chain: string, rule: string) => {
    table.set(chain, [...(table.get(chain) ?? []), `-A ${chain} ${rule}`]);
  };
  const write = { nat: into(nat), filter: into(filter), cluster, version };
  fixed(write);
  for (const each of servicePortsOf(cluster, node, version)) {
    dispatch(write, each);
    external(write, each);
    balance(write, each);
  }
  nodePortJumps(write, node);
  return [
    table('filter', ['INPUT', 'FORWARD', 'OUTPUT'], filter),
    table('nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'], nat),
  ].join('\n');
}

interface Write {
  nat(chain: string, rule: string): void;
  filter(chain: string, rule: string): void;
  readonly cluster: Cluster;
  readonly version: Version;
}

const ours = [
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
  'KUBE-PROXY-CANARY',
];

function table(name: string, bases: readonly string[], lines: Lines): string {
  const others = [
    ...new Set([...lines.keys(), ...(name === 'filter' ? ours : ['KUBE-NODEPORTS', 'KUBE-PROXY-CANARY'])]),
  ].filter((chain) => !bases.includes(chain));
  return [
    `*${name}`,
    ...bases.map((base) => `:${base} ACCEPT [0:0]`),
    ...others.sort().map((chain) => `:${chain} - [0:0]`),
    ...[...bases, ...others].flatMap((chain) => lines.get(chain) ?? []),
    'COMMIT',
    '',
  ].join('\n');
}

function fixed({ nat, filter, version }: Write): void {
  const isNew = '-m conntrack --ctstate NEW';
  for (const base of ['INPUT', 'FORWARD', 'OUTPUT'])
    filter(base, `${isNew} -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL`);
  filter('INPUT', '-m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS');
  filter('FORWARD', '-m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD');
  for (const base of ['FORWARD', 'OUTPUT'])
    filter(base, `${isNew} -m comment --comment "kubernetes service portals" -j KUBE-SERVICES`);
  for (const base of ['INPUT', 'FORWARD'])
    filter(
      base,
      `${isNew} -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES`,
    );
  if (version === 4) {
    filter('INPUT', '-j KUBE-FIREWALL');
    filter('OUTPUT', '-j KUBE-FIREWALL');
    filter(
      'KUBE-FIREWALL',
      '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    );
  }
  filter(
    'KUBE-FORWARD',
    '-m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP',
  );
  filter(
    'KUBE-FORWARD',
    '-m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
  );
  filter(
    'KUBE-FORWARD',
    '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  );
  for (const base of ['PREROUTING', 'OUTPUT'])
    nat(base, '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES');
  nat('POSTROUTING', '-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING');
  nat('KUBE-MARK-MASQ', '-j MARK --set-xmark 0x4000/0x4000');
  nat('KUBE-POSTROUTING', '-m mark ! --mark 0x4000/0x4000 -j RETURN');
  nat('KUBE-POSTROUTING', '-j MARK --set-xmark 0x4000/0x0');
  nat(
    'KUBE-POSTROUTING',
    '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
  );
}

/** named is `namespace/name` with the port's name, as comments and hashes have it. */
function named({ service, port }: ServicePort): string {
  return `shop/${service.name}${port.name === '' ? '' : `:${port.name}`}`;
}

function chains(each: ServicePort): Readonly<Record<'svc' | 'svl' | 'ext' | 'fw', string>> {
  const suffix = hash(`${named(each)}${each.protocol}`, 16);
  return {
    svc: `KUBE-SVC-${suffix}`,
    svl: `KUBE-SVL-${suffix}`,
    ext: `KUBE-EXT-${suffix}`,
    fw: `KUBE-FW-${suffix}`,
  };
}

function endpointChain(each: ServicePort, { text }: Endpoint): string {
  return `KUBE-SEP-${hash(`${named(each)}${each.protocol}${text}`, 16)}`;
}

function one(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function dispatch({ nat, filter, version, cluster }: Write, each: ServicePort): void {
  const { protocol, port, clusterIP, internal, service, any, balancers, ranges, externalIPs } = each;
  const { svc, svl, ext, fw } = chains(each);
  const to = (address: string, comment: string, number = port.port) =>
    `-d ${one(address)} -p ${protocol} -m comment --comment "${named(each)} ${comment}" -m ${protocol} --dport ${number}`;
  const reject = `REJECT --reject-with ${version === 4 ? 'icmp' : 'icmp6'}-port-unreachable`;
  const [why, unserved] = any ? ['has no local endpoints', 'DROP'] : ['has no endpoints', reject];
  if (internal.length > 0)
    nat('KUBE-SERVICES', `${to(clusterIP, 'cluster IP')} -j ${service.internalLocal ? svl : svc}`);
  else filter('KUBE-SERVICES', `${to(clusterIP, why)} -j ${unserved}`);
  const walled = balancers.length > 0 && ranges.length > 0;
  for (const address of [...externalIPs, ...balancers]) {
    const isBalancer = balancers.includes(address);
    if (any)
      nat(
        'KUBE-SERVICES',
        `${to(address, isBalancer ? 'loadbalancer IP' : 'external IP')} -j ${isBalancer && walled ? fw : ext}`,
      );
    if (any && isBalancer && walled)
      filter('KUBE-PROXY-FIREWALL', `${to(address, `traffic not accepted by ${fw}`)} -j DROP`);
    if (each.external.length === 0) filter('KUBE-EXTERNAL-SERVICES', `${to(address, why)} -j ${unserved}`);
  }
  if (port.nodePort === 0) return;
  const onNode = `-p ${protocol} -m comment --comment "${named(each)}" -m ${protocol} --dport ${port.nodePort}`;
  if (any && version === 4 && cluster.localhostNodePorts)
    nat(
      'KUBE-NODEPORTS',
      `-d 127.0.0.0/8 ${onNode} -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j ${ext}`,
    );
  if (any) nat('KUBE-NODEPORTS', `${onNode} -j ${ext}`);
  if (each.external.length === 0)
    filter(
      'KUBE-EXTERNAL-SERVICES',
      `-p ${protocol} -m comment --comment "${named(each)} ${why}" -m addrtype --dst-type LOCAL -m ${protocol} --dport ${port.nodePort} -j ${unserved}`,
    );
}

function external({ nat, version, cluster }: Write, each: ServicePort): void {
  if (!each.any || !isExternal(each)) return;
  const { svc, svl, ext, fw } = chains(each);
  const { service, balancers, ranges, fromNode } = each;
  const comment = (text: string) => `-m comment --comment "${text} for ${named(each)} external destinations"`;
  if (!service.externalLocal) {
    nat(ext, `${comment('masquerade traffic')} -j KUBE-MARK-MASQ`);
    nat(ext, `-j ${svc}`);
  } else {
    if (cluster.detector) nat(ext, `-s ${addresses.pods(version)} ${comment('pod traffic')} -j ${svc}`);
    nat(ext, `${comment('masquerade LOCAL traffic')} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`);
    nat(ext, `${comment('route LOCAL traffic')} -m addrtype --src-type LOCAL -j ${svc}`);
    if (each.external.length > 0) nat(ext, `-j ${svl}`);
  }
  if (balancers.length === 0 || ranges.length === 0) return;
  for (const range of [...ranges, ...(fromNode ? balancers.map(one) : [])])
    nat(fw, `-s ${range} -m comment --comment "${named(each)} loadbalancer IP" -j ${ext}`);
  nat(fw, `-m comment --comment "other traffic to ${named(each)} will be dropped by KUBE-PROXY-FIREWALL"`);
}

function balance(write: Write, each: ServicePort): void {
  const { nat } = write;
  const { svc, svl } = chains(each);
  const { service, cluster, local } = each;
  const usesCluster = cluster.length > 0 && (!service.internalLocal || isExternal(each));
  const usesLocal =
    local.length > 0 && (service.internalLocal || (service.externalLocal && isExternal(each)));
  const reached = [
    ...new Map(
      [...(usesCluster ? cluster : []), ...(usesLocal ? local : [])].map((endpoint) => [
        endpoint.text,
        endpoint,
      ]),
    ).values(),
  ];
  if (usesCluster) policyChain(write, each, svc, cluster, !service.internalLocal);
  if (usesLocal) policyChain(write, each, svl, local, service.internalLocal);
  const comment = `-m comment --comment "${named(each)}"`;
  for (const endpoint of reached) {
    const chain = endpointChain(each, endpoint);
    const recent =
      service.affinitySeconds === 0
        ? ''
        : ` -m recent --set --name ${chain} --mask ${mask(write.version)} --rsource`;
    nat(chain, `-s ${one(endpoint.address)} ${comment} -j KUBE-MARK-MASQ`);
    nat(
      chain,
      `-p ${each.protocol} ${comment}${recent} -m ${each.protocol} -j DNAT --to-destination ${endpoint.text}`,
    );
  }
}

function mask(version: Version): string {
  return version === 4 ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
}

function policyChain(
  { nat, cluster, version }: Write,
  each: ServicePort,
  chain: string,
  endpoints: readonly Endpoint[],
  internal: boolean,
): void {
  const { service, clusterIP, protocol, port } = each;
  const from = cluster.masqueradeAll ? '' : `! -s ${addresses.pods(version)} `;
  if (internal && (cluster.masqueradeAll || cluster.detector))
    nat(
      chain,
      `${from}-d ${one(clusterIP)} -p ${protocol} -m comment --comment "${named(each)} cluster IP" -m ${protocol} --dport ${port.port} -j KUBE-MARK-MASQ`,
    );
  const comment = ({ text }: Endpoint) => `-m comment --comment "${named(each)} -> ${text}"`;
  for (const endpoint of service.affinitySeconds === 0 ? [] : endpoints) {
    const sep = endpointChain(each, endpoint);
    nat(
      chain,
      `${comment(endpoint)} -m recent --rcheck --seconds ${service.affinitySeconds} --reap --name ${sep} --mask ${mask(version)} --rsource -j ${sep}`,
    );
  }
  for (const [index, endpoint] of endpoints.entries()) {
    const left = endpoints.length - index;
    // The kernel keeps a probability as a number of 31 bits.
    const share = Math.round(Number((1 / left).toFixed(10)) * 2 ** 31) / 2 ** 31;
    const random = left === 1 ? '' : `-m statistic --mode random --probability ${share.toFixed(11)} `;
    nat(chain, `${comment(endpoint)} ${random}-j ${endpointChain(each, endpoint)}`);
  }
}

function nodePortJumps({ nat, cluster, version }: Write, node: number): void {
  const comment =
    '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
  if (cluster.nodePorts === 'primary') {
    nat('KUBE-SERVICES', `-d ${one(addresses.node(node, version))} ${comment} -j KUBE-NODEPORTS`);
    return;
  }
  const not = version === 6 ? '! -d ::1/128 ' : cluster.localhostNodePorts ? '' : '! -d 127.0.0.0/8 ';
  nat('KUBE-SERVICES', `${not}${comment} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`);
}
