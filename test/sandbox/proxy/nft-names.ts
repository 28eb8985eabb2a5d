/** The names of chains and sets in nftables mode (pkg/proxy/nftables/proxier.go). Pure. */
import { hash } from './names.ts';

const HASH_LENGTH = 8;
/** The kernel takes 256 characters, prefix included. */
const LONGEST = 240;

function base(text: string): string {
  const name = `${hash(text).slice(0, HASH_LENGTH)}-${text}`;
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 3)}...` : name;
}

function path(servicePort: string, protocol: string): string {
  const [service, port = ''] = servicePort.split(':');
  return `${service}/${protocol}/${port}`;
}

/** NftPortChains are the chains that a Service port may have. */
export interface NftPortChains {
  cluster: string;
  local: string;
  external: string;
  firewall: string;
}

/** nftPortChains names the chains of a port of "namespace/name:port". */
export function nftPortChains(servicePort: string, protocol: string): NftPortChains {
  const own = base(path(servicePort, protocol));
  return {
    cluster: `service-${own}`,
    local: `local-${own}`,
    external: `external-${own}`,
    firewall: `firewall-${own}`,
  };
}

/** nftEndpoint names the chain and the set of clients of one endpoint: both are there only with affinity. */
export function nftEndpoint(
  servicePort: string,
  protocol: string,
  address: string,
  port: string,
): { chain: string; clients: string } {
  const own = base(`${path(servicePort, protocol)}__${address.replaceAll(':', '.')}/${port}`);
  return { chain: `endpoint-${own}`, clients: `affinity-${own}` };
}

/** isNftPortChain tells chains and sets of Services from the fixed ones. */
export function isNftPortChain(name: string): boolean {
  return /^(service|local|external|firewall|endpoint|affinity)-[A-Z2-7]{8}-/.test(name);
}
