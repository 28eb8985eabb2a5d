/**
 * What kube-proxy writes for many Services, put into what a captured node held beside (pkg/proxy/iptables/proxier.go,
 * pkg/proxy/nftables/proxier.go). The rules of endpoints have their comments: a cluster that grew large keeps them until
 * kube-proxy is started again, and they make the text half as long again.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceView } from '../../src/checks/cluster-view.ts';
import { isObject } from '../../src/checks/shape.ts';
import { endpointPort } from './many-services.ts';

const captures = join(import.meta.dirname, '../fixtures/kube-proxy');

function hash(text: string, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...createHash('sha256').update(text).digest()].map((byte) =>
    byte.toString(2).padStart(8, '0'),
  );
  const digits = bits.join('').match(/.{5}/g) ?? [];
  return digits
    .slice(0, length)
    .map((each) => alphabet[Number.parseInt(each, 2)])
    .join('');
}

/** Written are the rules of one Service by where they stand. */
interface Written {
  readonly rejects: string[];
  readonly services: string[];
  readonly nodePorts: string[];
  readonly declarations: string[];
  readonly chains: string[];
}

/** iptablesText is what iptables-save prints on node n1. */
export function iptablesText(services: readonly ServiceView[]): string {
  const written: Written = { rejects: [], services: [], nodePorts: [], declarations: [], chains: [] };
  for (const service of services) writeService(written, service);
  const lines = readFileSync(join(captures, 'iptables-healthy/n1.iptables-save.txt'), 'utf8').split('\n');
  const own = /^(:|-A )KUBE-(SVC|SVL|SEP|EXT|FW)-|^-A KUBE-.*"(shop|default|kube-system)\//;
  let table = '';
  let hasRules = false;
  const text = lines.flatMap((line) => {
    if (own.test(line)) return [];
    if (line.startsWith('*')) [table, hasRules] = [line, false];
    const first = line.startsWith('-A') && !hasRules;
    hasRules ||= line.startsWith('-A');
    if (table === '*nat' && first) return [...written.declarations, line];
    if (table === '*filter' && line === 'COMMIT') return [...written.rejects, line];
    if (table === '*nat' && line.includes('NOTE: this must be the last rule')) {
      return [...written.nodePorts, ...written.services, line];
    }
    return table === '*nat' && line === 'COMMIT' ? [...written.chains, line] : [line];
  });
  return text.join('\n');
}

function writeService(written: Written, service: ServiceView): void {
  const name = `${service.namespace}/${service.name}:http`;
  const suffix = hash(`${name}tcp`, 16);
  const [svc, ext] = [`KUBE-SVC-${suffix}`, `KUBE-EXT-${suffix}`];
  const to = (about: string) =>
    `-d ${service.clusterIPs[0]}/32 -p tcp -m comment --comment "${name} ${about}" -m tcp --dport 80`;
  const { length } = service.endpoints;
  if (length === 0) {
    written.rejects.push(
      `-A KUBE-SERVICES ${to('has no endpoints')} -j REJECT --reject-with icmp-port-unreachable`,
    );
    return;
  }
  written.services.push(`-A KUBE-SERVICES ${to('cluster IP')} -j ${svc}`);
  written.declarations.push(`:${svc} - [0:0]`);
  const nodePort = service.ports[0]?.nodePort;
  if (nodePort !== undefined) {
    written.declarations.push(`:${ext} - [0:0]`);
    const match = `-p tcp -m comment --comment "${name}" -m tcp --dport ${nodePort}`;
    const counted = '-m nfacct --nfacct-name  localhost_nps_accepted_pkts';
    written.nodePorts.push(`-A KUBE-NODEPORTS -d 127.0.0.0/8 ${match} ${counted} -j ${ext}`);
    written.nodePorts.push(`-A KUBE-NODEPORTS ${match} -j ${ext}`);
    const why = `-m comment --comment "masquerade traffic for ${name} external destinations"`;
    written.chains.push(`-A ${ext} ${why} -j KUBE-MARK-MASQ`, `-A ${ext} -j ${svc}`);
  }
  written.chains.push(`-A ${svc} ! -s 10.244.0.0/16 ${to('cluster IP')} -j KUBE-MARK-MASQ`);
  writeEndpoints(written, service, name, svc);
}

function writeEndpoints(
  { declarations, chains }: Written,
  service: ServiceView,
  name: string,
  svc: string,
): void {
  const { affinitySeconds, endpoints } = service;
  const addresses = endpoints.map(({ address }) => address).sort();
  const seps = addresses.map((address) => `KUBE-SEP-${hash(`${name}tcp${address}:${endpointPort}`, 16)}`);
  const list = (sep: string) => `--name ${sep} --mask 255.255.255.255 --rsource`;
  const arrow = (index: number) => `-m comment --comment "${name} -> ${addresses[index]}:${endpointPort}"`;
  for (const [index, sep] of affinitySeconds === undefined ? [] : seps.entries()) {
    chains.push(
      `-A ${svc} ${arrow(index)} -m recent --rcheck --seconds ${affinitySeconds} --reap ${list(sep)} -j ${sep}`,
    );
  }
  for (const [index, sep] of seps.entries()) {
    const left = seps.length - index;
    const share = (Math.round(2 ** 31 / left) / 2 ** 31).toFixed(11);
    const match = left === 1 ? '' : ` -m statistic --mode random --probability ${share}`;
    chains.push(`-A ${svc} ${arrow(index)}${match} -j ${sep}`);
  }
  const comment = `-m comment --comment "${name}"`;
  for (const [index, sep] of seps.entries()) {
    const set = affinitySeconds === undefined ? '' : ` -m recent --set ${list(sep)}`;
    declarations.push(`:${sep} - [0:0]`);
    chains.push(
      `-A ${sep} -s ${addresses[index]}/32 ${comment} -j KUBE-MARK-MASQ`,
      `-A ${sep} -p tcp ${comment}${set} -m tcp -j DNAT --to-destination ${addresses[index]}:${endpointPort}`,
    );
  }
}

/** Listed is one object of a listing of nft. */
type Listed = Readonly<Record<string, unknown>>;

/** nftablesJson is what `nft -j list ruleset` prints on node n1. */
export function nftablesJson(services: readonly ServiceView[]): string {
  const elements = new Map<string, unknown[]>();
  const own = services.map((service) => listedOf(service, elements));
  const read: unknown = JSON.parse(readFileSync(join(captures, 'nftables-healthy/n1.nft.json'), 'utf8'));
  const listed = isObject(read) && Array.isArray(read.nftables) ? read.nftables : [];
  const kept = listed.filter(
    (object) =>
      !/"(chain|name)":"(service|external|local|firewall|endpoint|affinity)-[A-Z2-7]{8}-/.test(
        JSON.stringify(object),
      ),
  );
  const filled = kept.map((object) => filledOf(object, elements));
  const all = [...filled, ...own.flatMap(({ chains }) => chains), ...own.flatMap(({ rules }) => rules)];
  return spaced({ nftables: all });
}

/** nft leaves a blank behind each comma and colon. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, field]) => `"${key}": ${spaced(field)}`);
  return `{${fields.join(', ')}}`;
}

/** The captured node's own elements make place for those of the Services. */
function filledOf(object: unknown, elements: ReadonlyMap<string, readonly unknown[]>): unknown {
  for (const kind of ['set', 'map']) {
    const set = isObject(object) ? object[kind] : undefined;
    if (!isObject(set) || set.family !== 'ip' || set.table !== 'kube-proxy' || set.name === 'nodeport-ips')
      continue;
    return { [kind]: { ...set, elem: elements.get(String(set.name)) ?? [] } };
  }
  return object;
}

const about = { family: 'ip', table: 'kube-proxy' };
const tcp = { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'tcp' } };
const source = { payload: { protocol: 'ip', field: 'saddr' } };
const mark = { meta: { key: 'mark' } };

function listedOf(service: ServiceView, elements: Map<string, unknown[]>) {
  const path = `${service.namespace}/${service.name}/tcp/http`;
  const base = `${hash(path, 8)}-${path}`;
  const chains: Listed[] = [];
  const rules: Listed[] = [];
  const element = (set: string, ...values: readonly unknown[]) => {
    const listed = elements.get(set) ?? [];
    elements.set(set, listed);
    listed.push(...values);
  };
  const chain = (name: string, ...expressions: readonly (readonly unknown[])[]) => {
    chains.push({ chain: { ...about, name, handle: 100 } });
    for (const expr of expressions) rules.push({ rule: { ...about, chain: name, handle: 101, expr } });
  };
  const to = (target: string) => ({ goto: { target } });
  const [address] = service.clusterIPs;
  const key = { concat: [address, 'tcp', 80] };
  element('cluster-ips', address);
  if (service.endpoints.length === 0) {
    const comment = `${service.namespace}/${service.name}`;
    element('no-endpoint-services', [{ elem: { val: key, comment } }, to('reject-chain')]);
    return { chains, rules };
  }
  element('service-ips', [key, to(`service-${base}`)]);
  const nodePort = service.ports[0]?.nodePort;
  if (nodePort !== undefined) {
    element('service-nodeports', [{ concat: ['tcp', nodePort] }, to(`external-${base}`)]);
    const masquerade = { mangle: { key: mark, value: { '|': [mark, 0x4000] } } };
    chain(`external-${base}`, [masquerade], [to(`service-${base}`)]);
  }
  const addresses = service.endpoints.map((endpoint) => endpoint.address).sort();
  for (const { address: own, node } of service.endpoints) {
    if (node === 'n1') element('hairpin-connections', { concat: [own, own, 'tcp', endpointPort] });
  }
  const numgen = { numgen: { mode: 'random', mod: addresses.length, offset: 0 } };
  const timeout = service.affinitySeconds;
  if (timeout === undefined) {
    const set = addresses.map((own, index) => [index, { concat: [own, endpointPort] }]);
    chain(`service-${base}`, [
      tcp,
      { dnat: { family: 'ip', addr: { map: { key: numgen, data: { set } } } } },
    ]);
    return { chains, rules };
  }
  const names = addresses.map(
    (own) => `${hash(`${path}__${own}/${endpointPort}`, 8)}-${path}__${own}/${endpointPort}`,
  );
  for (const [index, name] of names.entries()) {
    chains.push({
      set: {
        ...about,
        name: `affinity-${name}`,
        type: 'ipv4_addr',
        handle: 9,
        size: 65_535,
        flags: ['timeout'],
        timeout,
      },
    });
    const update = { set: { op: 'update', elem: source, set: `@affinity-${name}` } };
    chain(`endpoint-${name}`, [update], [tcp, { dnat: { addr: addresses[index], port: endpointPort } }]);
  }
  const recent = names.map((name) => [
    { match: { op: '==', left: source, right: `@affinity-${name}` } },
    to(`endpoint-${name}`),
  ]);
  const set = names.map((name, index) => [index, to(`endpoint-${name}`)]);
  chain(`service-${base}`, ...recent, [{ vmap: { key: numgen, data: { set } } }]);
  return { chains, rules };
}
