/** What the tables of nodes with one configuration have in common, and where a node differs from it. */
import { bucketOf, Digests, hashOf } from '../digest.ts';
import { destinationText, type Entry, entryText } from '../entry.ts';
import { constantEntriesOf, entriesOf } from './entries.ts';
import { hasOnlyHairpins, withHairpins } from './hairpins.ts';
import type { ServicePortIndex } from './service-port-index.ts';
import type { Site } from './site.ts';

/** Base is what nodes of one configuration have in common: the digests of a node without any endpoint of its own. */
export interface Base {
  readonly digests: Digests;
  /** rows are those of each port, by its index. */
  readonly rows: readonly (readonly Hashed[])[];
}

/** Hashed is a row as digests take it in. */
export interface Hashed {
  readonly bucket: number;
  readonly hash: Uint8Array;
  /** text is kept only of the rows of ClusterIPs. */
  readonly text: string;
}

/** baseKey is what of a node decides about the rows of ports that have nothing to do with it. */
export function baseKey(index: ServicePortIndex, site: Site): string {
  const { family, mode, known, detector, masqueradeAll, fromNode, places, zone } = site;
  return JSON.stringify([
    family,
    mode,
    known,
    detector.kind === 'range' ? detector.range.bounds.map(String) : detector.kind,
    masqueradeAll,
    fromNode.pods.bounds.length,
    places.map((each) => [each.place.kind, each.place.served, each.fromNode.pods.bounds.length]),
    index.zoned ? zone : '',
  ]);
}

/** baseOf makes what is common to the nodes that are configured like this one. */
export function baseOf(index: ServicePortIndex, site: Site): Base {
  const nowhere: Site = { ...site, name: '', host: new Set(), isHere: () => false };
  const ranged = new Set(index.ranged);
  const digests = new Digests();
  const rows = index.ports.map((port, number): readonly Hashed[] => {
    for (const entry of ownEntries(index, number, constantEntriesOf(port, site))) digests.add(entry);
    if (ranged.has(number)) return [];
    return ownEntries(index, number, entriesOf(port, nowhere)).map((entry) => {
      const text = entryText(entry);
      const [bucket, hash] = [bucketOf(entry.destination), hashOf(text)];
      digests.addHash(bucket, hash);
      return { bucket, hash, text: entry.destination.address === port.clusterIP ? text : '' };
    });
  });
  return { digests, rows };
}

/** specialPorts are those whose rows on a node are not those of the base, beyond what `addHairpins` does. */
export function specialPorts(index: ServicePortIndex, site: Site): ReadonlySet<number> {
  const numbers = new Set(index.ranged);
  const near = site.mode === 'nftables' && !hasOnlyHairpins(site) ? index.onNode(site.name).keys() : [];
  const own = [...site.host, site.primary ?? ''].map((address) => index.withAddress(address));
  for (const some of [near, index.aboutNode(site.name), ...own])
    for (const number of some) numbers.add(number);
  return numbers;
}

/** addHairpins makes digests of the common ones into a node's, as for the endpoints that it has. */
export function addHairpins(
  index: ServicePortIndex,
  site: Site,
  base: Base,
  special: ReadonlySet<number>,
  digests: Digests,
): void {
  if (site.mode === 'iptables' || !hasOnlyHairpins(site)) return;
  for (const [number, endpoints] of index.onNode(site.name)) {
    const port = index.ports[number];
    if (port === undefined || special.has(number)) continue;
    for (const { bucket, hash, text } of base.rows[number] ?? []) {
      const changed = text === '' ? text : withHairpins(text, port, endpoints, site);
      if (changed === text) continue;
      digests.addHash(bucket, hash);
      digests.addHash(bucket, hashOf(changed));
    }
  }
}

/** ownEntries are the rows that count: of a contested destination only its owner's. */
export function ownEntries(
  { contested }: ServicePortIndex,
  number: number,
  entries: readonly Entry[],
): readonly Entry[] {
  if (contested.size === 0) return entries;
  return entries.filter(({ destination }) => {
    const claims = contested.get(destinationText(destination));
    return claims === undefined || claims[0] === number;
  });
}
