/** What in the DNS server's own configuration is known to go wrong: told with its line, and never a failure by itself. */
import type { ClusterView } from '../cluster-view.ts';
import { canonical } from '../pod-to-pod/addresses.ts';
import type { Warning } from '../verdict.ts';
import { type Directive, parseCorefile, type ServerBlock } from './corefile.ts';
import { absolute } from './names.ts';
import type { Reason } from './reasons.ts';

/** mostHazards bounds what is told of one file. */
const mostHazards = 8;

/** hazardsOf lists the hazards of the cluster's Corefile, each a warning of no node. */
export function hazardsOf(cluster: ClusterView): readonly Warning[] {
  const { corefile } = cluster;
  if (corefile === undefined) return [];
  const { blocks, problems } = parseCorefile(corefile.text);
  const lines = corefile.text.split('\n');
  const tell = (reason: Reason, line: number, what: string): Warning => {
    const text = (lines[line - 1] ?? '').trim().slice(0, 200);
    const subject =
      line === 0 ? `ConfigMap ${corefile.configMap}` : `ConfigMap ${corefile.configMap} line ${line}`;
    const message = line === 0 ? what : `line ${line}, "${text}": ${what}`;
    return { reason, message, subject, node: '' };
  };
  const served = snippetsIn(blocks);
  const own = ownAddresses(cluster);
  const hazards = [
    ...problems.map(({ line, why }) => tell('CorefileUnreadable', line, why)),
    ...served.flatMap((block) =>
      forwardsToItself(block, own).map(([line, what]) => tell('ForwardsToItself', line, what)),
    ),
    ...served
      .flatMap(({ directives }) => fallthroughs(directives))
      .map((line) =>
        tell(
          'FallthroughWithoutZones',
          line,
          'names of the cluster that do not exist go on to other servers',
        ),
      ),
    ...(problems.length === 0 && lacksDomain(served, cluster.domain)
      ? [tell('NoKubernetesBlock', 0, `no kubernetes block serves the domain ${cluster.domain}`)]
      : []),
  ];
  const distinct = new Map(hazards.map((hazard) => [`${hazard.reason} ${hazard.subject}`, hazard]));
  return [...distinct.values()].slice(0, mostHazards);
}

/** snippetsIn puts snippets where they are imported; a file that is imported is not seen. */
function snippetsIn(blocks: readonly ServerBlock[]): readonly ServerBlock[] {
  const snippets = new Map(
    blocks.flatMap(({ keys: [key = ''], directives }) =>
      key.startsWith('(') && key.endsWith(')') ? [[key.slice(1, -1), directives] as const] : [],
    ),
  );
  return blocks
    .filter(({ keys }) => keys[0]?.startsWith('(') !== true)
    .map((block) => ({
      ...block,
      directives: block.directives.flatMap((directive) => {
        const snippet = directive.name === 'import' ? snippets.get(directive.args[0] ?? '') : undefined;
        return snippet ?? [directive];
      }),
    }));
}

/** ownAddresses are those under which the DNS Service and its endpoints are asked. */
function ownAddresses(cluster: ClusterView): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const key of cluster.dnsServices) {
    const service = cluster.services.get(key);
    for (const address of service?.clusterIPs ?? []) own.set(address, `the ClusterIP of Service ${key}`);
    for (const { address } of service?.endpoints ?? []) own.set(address, `an endpoint of Service ${key}`);
  }
  return own;
}

function forwardsToItself(
  { keys, directives }: ServerBlock,
  own: ReadonlyMap<string, string>,
): readonly (readonly [number, string])[] {
  const ports = new Set(keys.map(portOfKey));
  return directives
    .filter(({ name }) => name === 'forward' || name === 'proxy')
    .flatMap(({ args, line }) =>
      args.slice(1).flatMap((upstream): readonly (readonly [number, string])[] => {
        const { host, port } = socketOf(upstream);
        const which = own.get(host);
        if (which !== undefined) return [[line, `it forwards to ${which}, and so to itself`]];
        return isLoopback(host) && ports.has(port)
          ? [[line, `it forwards to ${host}, and so to itself`]]
          : [];
      }),
    );
}

function fallthroughs(directives: readonly Directive[]): readonly number[] {
  return directives
    .filter(({ name }) => name === 'kubernetes')
    .flatMap(({ block }) => block)
    .filter(({ name, args }) => name === 'fallthrough' && args.length === 0)
    .map(({ line }) => line);
}

/** What comes out of the environment or another file cannot be seen here, and is believed to be right. */
function lacksDomain(blocks: readonly ServerBlock[], domain: string): boolean {
  const unseen = (text: string) => /\{[$%]/.test(text);
  const zones = blocks.flatMap(({ keys, directives }) =>
    directives.flatMap(({ name, args }) => {
      if (name === 'import') return ['{$'];
      if (name !== 'kubernetes') return [];
      return args.length > 0 ? args : keys.map(zoneOfKey);
    }),
  );
  return !zones.some((zone) => unseen(zone) || absolute(zone) === absolute(domain));
}

function zoneOfKey(key: string): string {
  return key.replace(/^[a-z+]+:\/\//, '').replace(/:\d+$/, '');
}

function portOfKey(key: string): string {
  return /:(\d+)$/.exec(key)?.[1] ?? '53';
}

function socketOf(upstream: string): { readonly host: string; readonly port: string } {
  const text = upstream.replace(/^(?:dns|tls|https|grpc):\/\//, '').split('%', 1)[0] ?? '';
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(text);
  const dotted = /^([^:]*):(\d+)$/.exec(text);
  const [, host = text, port = '53'] = bracketed ?? dotted ?? [];
  return { host: canonical(host) ?? host.toLowerCase(), port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (/^127\./.test(host) && canonical(host) !== undefined);
}
