/** What a capture of kube-proxy's rules holds, read plainly. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, listOf, objectOf } from './nft-item.ts';

const root = join(import.meta.dirname, '../fixtures/kube-proxy');

/** CapturedNode is one node's part. */
export interface CapturedNode {
  readonly name: string;
  readonly mode: 'iptables' | 'nftables';
  /** text is what iptables-save wrote, or `nft -j list ruleset`; text6 is of ip6tables-save, else empty. */
  readonly text: string;
  readonly text6: string;
  readonly addr: string;
  readonly route: string;
  /** addresses are its own of IPv4, without loopback; primary is the first that the API names. */
  readonly addresses: readonly string[];
  readonly primary: string;
}

/** Capture is the API and all nodes at one moment. */
export interface Capture {
  readonly name: string;
  readonly nodes: readonly CapturedNode[];
  readonly services: readonly Json[];
  readonly slices: readonly Json[];
  readonly apiNodes: readonly Json[];
}

/** captureOf reads a folder of test/fixtures/kube-proxy. */
export function captureOf(name: string): Capture {
  const read = (file: string) => {
    const path = join(root, name, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const items = (file: string) => listOf(objectOf(JSON.parse(read(file))).items).map(objectOf);
  const apiNodes = items('nodes.json');
  const nodes = apiNodes.map((node): CapturedNode => {
    const own = String(objectOf(node.metadata).name);
    const iptables = read(`${own}.iptables-save.txt`);
    const addr = read(`${own}.ip-addr.json`);
    return {
      name: own,
      mode: iptables === '' ? 'nftables' : 'iptables',
      text: iptables === '' ? read(`${own}.nft.json`) : iptables,
      text6: read(`${own}.ip6tables-save.txt`),
      addr,
      route: read(`${own}.ip-route.json`),
      addresses: ownAddresses(addr),
      primary: primaryOf(node),
    };
  });
  return { name, nodes, services: items('services.json'), slices: items('endpointslices.json'), apiNodes };
}

/** configzText is what kube-proxy said of its configuration, in either mode. */
export function configzText(mode: 'iptables' | 'nftables'): string {
  const text = readFileSync(join(root, 'kube-proxy-configz.json'), 'utf8');
  return text.replace('"mode":"iptables"', `"mode":"${mode}"`);
}

function ownAddresses(addr: string): readonly string[] {
  return listOf(JSON.parse(addr)).flatMap((link) =>
    listOf(objectOf(link).addr_info)
      .map(objectOf)
      .filter(({ family, scope }) => family === 'inet' && scope === 'global')
      .map(({ local }) => String(local)),
  );
}

function primaryOf({ status }: Json): string {
  const addresses = listOf(objectOf(status).addresses).map(objectOf);
  return String(addresses.find(({ type }) => type === 'InternalIP')?.address ?? '');
}
