/** The cluster's DNS: what a container of the sandbox's CoreDNS image runs. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { EndpointSlice, Service } from '../../service-kinds.ts';
import { domainOf } from './corefile.ts';
import { follow } from './follow.ts';
import { serveHttp } from './http.ts';
import { absolute } from './names.ts';
import { Replica } from './replica.ts';

/** A replica that is to end answers for so long after, until everyone knows of it: a real one five seconds. */
const LAME_DUCK = 1000;
/** Seconds. CoreDNS says 30; what changes shall not be cached for long here. */
const TTL = 5;

const { values } = parseArgs({
  options: {
    conf: { type: 'string', default: '/etc/coredns/Corefile' },
    address: { type: 'string', default: '' },
    reverse: { type: 'string', multiple: true, default: [] },
  },
});

function fail(error: unknown): void {
  console.error(`[FATAL] ${String(error)}`);
  process.exit(1);
}

process.on('SIGTERM', () => setTimeout(() => process.exit(0), LAME_DUCK));
const domain = domainOf(await readFile(values.conf, 'utf8'));
const zones = { domain, reverse: values.reverse.map(absolute), ttl: TTL };
const replica = new Replica({ ...zones, directory: '/tmp/named', address: values.address }, fail);
serveHttp(replica);
follow<Service>('/api/v1/services', (objects) => replica.services(objects)).catch(fail);
follow<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices', (objects) => replica.slices(objects)).catch(
  fail,
);
