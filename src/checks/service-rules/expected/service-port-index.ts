/** All Service ports of a cluster in one family, and which of them differ on which node: made once, asked for each node. */
import type { ServiceView } from '../../cluster-view.ts';
import type { Family } from '../address-set.ts';
import { bucketCount, bucketOf } from '../digest.ts';
import { destinationText } from '../entry.ts';
import { destinationsOf } from './entries.ts';
import { type PortEndpoint, type ServicePort, servicePortsOf } from './service-port.ts';

/** ServicePortIndex is what is known of them before any node is looked at. Numbers are indices of `ports`. */
export class ServicePortIndex {
  /** ports are in the order of their Services' names, so that who claims a destination first is always the same one. */
  readonly ports: readonly ServicePort[];
  /** contested are, by destinationText, the ports that claim it, of destinations that more than one does. */
  readonly contested: ReadonlyMap<string, readonly number[]>;
  /** zoned is whether the zone of a node matters at all. */
  readonly zoned: boolean;
  /** ranged are the ports with source ranges: what they do depends on the address of the node. */
  readonly ranged: readonly number[];
  readonly #buckets: readonly (readonly number[])[];
  readonly #adopted = new Map<PortEndpoint, string>();
  readonly #onNode = new Map<string, Map<number, PortEndpoint[]>>();
  readonly #aboutNode = new Map<string, number[]>();
  readonly #byAddress = new Map<string, number[]>();

  constructor(services: Iterable<ServiceView>, family: Family) {
    const ports = [...services].flatMap((service) => servicePortsOf(service, family));
    this.ports = ports.sort((one, other) => order(one.service, other.service));
    this.ports.forEach((port, index) => {
      this.#place(port, index);
    });
    this.#adopt();
    const owners = new Map<string, number>();
    const contested = new Map<string, number[]>();
    const buckets: number[][] = Array.from({ length: bucketCount }, () => []);
    this.ports.forEach((port, index) => {
      for (const destination of destinationsOf(port)) {
        const text = destinationText(destination);
        buckets[bucketOf(destination)]?.push(index);
        const owner = owners.get(text);
        if (owner === undefined) owners.set(text, index);
        else contested.set(text, [...(contested.get(text) ?? [owner]), index]);
      }
    });
    this.contested = contested;
    this.#buckets = buckets;
    this.ranged = this.ports.flatMap(({ ranges }, index) => (ranges === undefined ? [] : index));
    this.zoned = this.ports.some(({ endpoints }) =>
      endpoints.some(({ zoneHints }) => zoneHints !== undefined),
    );
  }

  /** inBucket are the ports that may have a row in a bucket. */
  inBucket(bucket: number): readonly number[] {
    return this.#buckets[bucket] ?? [];
  }

  /** onNode are the ports with an endpoint on a node, and these endpoints. */
  onNode(name: string): ReadonlyMap<number, readonly PortEndpoint[]> {
    return this.#onNode.get(name) ?? new Map();
  }

  /** aboutNode are those of them, and those with hints for the node, whose choice of endpoints depends on it. */
  aboutNode(name: string): readonly number[] {
    return this.#aboutNode.get(name) ?? [];
  }

  /** withAddress are the ports that have an address, as an endpoint's or as one of their own from outside. */
  withAddress(address: string): readonly number[] {
    return this.#byAddress.get(address) ?? [];
  }

  /** nodeOf is where an endpoint is: if it does not say, what any Service says of the same address, port and protocol. */
  nodeOf(endpoint: PortEndpoint): string | undefined {
    return endpoint.node ?? this.#adopted.get(endpoint);
  }

  /** nftables mode keeps one set of the endpoints that are on a node, for all Services. */
  #adopt(): void {
    const homeless = new Map<string, { endpoint: PortEndpoint; protocol: string; index: number }[]>();
    this.ports.forEach(({ endpoints, protocol }, index) => {
      for (const endpoint of endpoints) {
        if (endpoint.node !== undefined) continue;
        homeless.set(endpoint.text, [...(homeless.get(endpoint.text) ?? []), { endpoint, protocol, index }]);
      }
    });
    if (homeless.size === 0) return;
    for (const { endpoints, protocol } of this.ports) {
      for (const { text, node } of endpoints) {
        if (node === undefined) continue;
        for (const each of homeless.get(text) ?? []) {
          if (each.protocol !== protocol) continue;
          this.#adopted.set(each.endpoint, node);
          this.#settle(node, each.index, each.endpoint);
        }
      }
    }
  }

  #settle(node: string, index: number, endpoint: PortEndpoint): void {
    const ports = this.#onNode.get(node) ?? new Map<number, PortEndpoint[]>();
    this.#onNode.set(node, ports);
    const endpoints = ports.get(index);
    if (endpoints === undefined) ports.set(index, [endpoint]);
    else if (!endpoints.includes(endpoint)) endpoints.push(endpoint);
    const port = this.ports[index];
    if (port?.internalLocal || port?.externalLocal) noted(this.#aboutNode, node, index);
  }

  #place(port: ServicePort, index: number): void {
    for (const endpoint of port.endpoints) {
      const { node, nodeHints, ip } = endpoint;
      noted(this.#byAddress, ip, index);
      for (const hint of nodeHints ?? []) noted(this.#aboutNode, hint, index);
      if (node !== undefined) this.#settle(node, index, endpoint);
    }
    for (const address of [...port.externalIPs, ...port.loadBalancerIPs]) {
      noted(this.#byAddress, address, index);
    }
  }
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Ports are gone through in their order, so a number that is there already is the last one. */
function noted(map: Map<string, number[]>, key: string, index: number): void {
  const found = map.get(key);
  if (found === undefined) map.set(key, [index]);
  else if (found[found.length - 1] !== index) found.push(index);
}
