/** The names of kube-proxy's chains (pkg/proxy/iptables/proxier.go). Pure. */
import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LENGTH = 16;

/** hash is the first 16 characters of the base32 text of a SHA-256. */
export function hash(text: string): string {
  let bits = createHash('sha256')
    .update(text)
    .digest()
    .subarray(0, (LENGTH * 5) / 8)
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let name = '';
  for (let i = 0; i < LENGTH; i++) {
    name = `${ALPHABET[Number(bits & 31n)]}${name}`;
    bits >>= 5n;
  }
  return name;
}

/** PortChains are the chains that a Service port may have. */
export interface PortChains {
  cluster: string;
  local: string;
  external: string;
  firewall: string;
}

/** portChains names the chains of a port of "namespace/name:port". */
export function portChains(servicePort: string, protocol: string): PortChains {
  const own = hash(`${servicePort}${protocol}`);
  return {
    cluster: `KUBE-SVC-${own}`,
    local: `KUBE-SVL-${own}`,
    external: `KUBE-EXT-${own}`,
    firewall: `KUBE-FW-${own}`,
  };
}

/** endpointChain names the chain of one endpoint, "address:port", of a Service port. */
export function endpointChain(servicePort: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${hash(`${servicePort}${protocol}${endpoint}`)}`;
}

/** isPortChain tells the chains of Services from the fixed ones and from others' chains. */
export function isPortChain(name: string): boolean {
  return /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(name);
}
