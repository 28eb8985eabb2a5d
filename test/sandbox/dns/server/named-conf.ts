/** The configuration of BIND's server. Pure. */

/** NamedOptions are what one start of the server depends on. */
export interface NamedOptions {
  directory: string;
  /** The zones that it serves, with their final dots; the first one holds the server's own name. */
  zones: readonly string[];
  /** The address that the server is reached by: the cluster address of its Service. */
  address: string;
  ttl: number;
  port: number;
  /** Whether it listens on the Pod's loopback only, for something that stands before it. */
  hidden: boolean;
  /** Whether it refuses every question, but for those from the Pod itself: who may not ask may not update. */
  refuse: boolean;
  /** Zones that it cannot answer for. */
  broken: readonly string[];
}

/** fileOf is the file of a zone. */
function fileOf(zone: string): string {
  return `zone-${zone === '.' ? 'root' : zone.replace(/\.$/, '')}`;
}

/**
 * namedConf is named.conf. All names that are not the cluster's are in a zone of which there is no file: the server
 * fails to answer for them, as CoreDNS does where nobody answers at its upstream.
 */
export function namedConf({ directory, zones, port, hidden, refuse, broken }: NamedOptions): string {
  const family = (own: string) => (hidden ? own : 'any');
  const zone = (name: string, update: string) =>
    `zone "${name}" { type primary; file "${fileOf(name)}"; allow-update { ${update}; }; };`;
  return [
    'options {',
    `  directory "${directory}";`,
    `  listen-on port ${port} { ${family('127.0.0.1')}; };`,
    `  listen-on-v6 port ${port} { ${family('none')}; };`,
    ...(refuse ? ['  allow-query { 127.0.0.1; };'] : []),
    '  pid-file none; session-keyfile none; interface-interval 0; max-cache-size 2M;',
    '  recursion no; minimal-responses yes; dnssec-validation no; empty-zones-enable no; answer-cookie no;',
    '  check-names primary ignore; notify no; allow-transfer { none; };',
    '};',
    'controls { };',
    'logging {',
    '  channel log { stderr; severity notice; };',
    '  category default { log; }; category unmatched { null; };',
    '};',
    ...zones.filter((name) => !broken.includes(name)).map((name) => zone(name, '127.0.0.1')),
    ...['.', ...broken].map((name) => zone(name, 'none')),
    '',
  ].join('\n');
}

/**
 * zoneFiles are the files of the zones that can be answered for: they hold no name of the cluster's yet. The other zones
 * have none.
 */
export function zoneFiles({ zones, address, ttl, broken }: NamedOptions): Record<string, string> {
  const [domain = ''] = zones;
  const server = `ns.dns.${domain}`;
  const apex = [`@ SOA ${server} hostmaster.${domain} 1 7200 1800 86400 ${ttl}`, `@ NS ${server}`];
  const own = `ns.dns ${address.includes(':') ? 'AAAA' : 'A'} ${address}`;
  return Object.fromEntries(
    zones
      .filter((zone) => !broken.includes(zone))
      .map((zone) => {
        const records = zone === domain ? [...apex, own] : apex;
        return [fileOf(zone), [`$TTL ${ttl}`, ...records, ''].join('\n')];
      }),
  );
}
