/** The rows that nodes must have, from the API: what is alike on many nodes is made once. */
import type { ServiceView } from '../cluster-view.ts';
import type { Family } from './address-set.ts';
import { bucketOf, Digests, hashOf } from './digest.ts';
import { destinationText, type Entry, entryText } from './entry.ts';
import { allowedSources, constantEntriesOf, entriesOf } from './expected-entries.ts';
import { hasOnlyHairpins, withHairpins } from './expected-hairpins.ts';
import type { ExpectedRow } from './expected-row.ts';
import type { NodeFacts } from './node-facts.ts';
import type { ServicePort } from './service-port.ts';
import { ServicePortIndex } from './service-port-index.ts';
import { type Site, siteOf } from './site.ts';

/** How many distinct configurations are kept: nodes of one cluster have few, unless their detector is NodeCIDR. */
const keptBases = 8;

/** Base is what nodes of one configuration have in common: the digests of a node without any endpoint of its own. */
interface Base {
  readonly digests: Digests;
  /** rows are those of each port, by its index. */
  readonly rows: readonly (readonly Hashed[])[];
}

interface Hashed {
  readonly bucket: number;
  readonly hash: Uint8Array;
  /** text is kept only of the rows of ClusterIPs. */
  readonly text: string;
}

/**
 * ExpectedTables says what rows nodes must have. Where Services claim one destination, the first by namespace and name is
 * taken for its owner, as nothing says which of them a node serves; `rows` gives what the others want as alternatives.
 */
export class ExpectedTables {
  readonly #services: readonly ServiceView[];
  readonly #indices = new Map<Family, ServicePortIndex>();
  readonly #bases = new Map<string, Base>();

  constructor(services: Iterable<ServiceView>) {
    this.#services = [...services];
  }

  /** digests are those of the whole table of a node. */
  digests(facts: NodeFacts, family: Family): Digests {
    const index = this.#index(family);
    const site = siteOfNode(facts, family, index);
    const base = this.#base(index, site);
    const digests = base.digests.copy();
    const special = specialPorts(index, site);
    for (const number of special) {
      const port = index.ports[number];
      if (port === undefined) continue;
      for (const { bucket, hash } of base.rows[number] ?? []) digests.addHash(bucket, hash);
      for (const entry of ownEntries(index, number, entriesOf(port, site))) digests.add(entry);
    }
    if (site.mode === 'nftables' && hasOnlyHairpins(site)) addHairpins(index, site, base, special, digests);
    return digests;
  }

  /** rows are those of a node in some buckets, by destinationText. */
  rows(facts: NodeFacts, family: Family, buckets: ReadonlySet<number>): ReadonlyMap<string, ExpectedRow> {
    const index = this.#index(family);
    const site = siteOfNode(facts, family, index);
    const rows = new Map<string, ExpectedRow>();
    const numbers = new Set([...buckets].flatMap((bucket) => index.inBucket(bucket)));
    for (const number of [...numbers].sort((one, other) => one - other)) {
      const port = index.ports[number];
      if (port === undefined) continue;
      for (const entry of [...entriesOf(port, site), ...constantEntriesOf(port, site)]) {
        if (buckets.has(bucketOf(entry.destination))) addRow(rows, port, site, entry);
      }
    }
    return rows;
  }

  #index(family: Family): ServicePortIndex {
    const known = this.#indices.get(family);
    if (known !== undefined) return known;
    const index = new ServicePortIndex(this.#services, family);
    this.#indices.set(family, index);
    return index;
  }

  #base(index: ServicePortIndex, site: Site): Base {
    const key = baseKey(index, site);
    const base = this.#bases.get(key) ?? baseOf(index, site);
    // Those asked for last stay.
    this.#bases.delete(key);
    this.#bases.set(key, base);
    const [oldest] = this.#bases.keys();
    if (this.#bases.size > keptBases && oldest !== undefined) this.#bases.delete(oldest);
    return base;
  }
}

function siteOfNode(facts: NodeFacts, family: Family, index: ServicePortIndex): Site {
  return siteOf(facts, family, (endpoint) => index.nodeOf(endpoint) === facts.name);
}

/** What of a node decides about the rows of ports that have nothing to do with it. */
function baseKey(index: ServicePortIndex, site: Site): string {
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

function baseOf(index: ServicePortIndex, site: Site): Base {
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
function specialPorts(index: ServicePortIndex, site: Site): ReadonlySet<number> {
  const numbers = new Set(index.ranged);
  const near = site.mode === 'nftables' && !hasOnlyHairpins(site) ? index.onNode(site.name).keys() : [];
  const own = [...site.host, site.primary ?? ''].map((address) => index.withAddress(address));
  for (const some of [near, index.aboutNode(site.name), ...own])
    for (const number of some) numbers.add(number);
  return numbers;
}

function addHairpins(
  index: ServicePortIndex,
  site: Site,
  base: Base,
  special: ReadonlySet<number>,
  digests: Digests,
): void {
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

/** Of a contested destination only the row of its owner counts. */
function ownEntries(
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

function addRow(rows: Map<string, ExpectedRow>, port: ServicePort, site: Site, entry: Entry): void {
  const key = destinationText(entry.destination);
  const owner = rows.get(key);
  if (owner !== undefined) {
    rows.set(key, { ...owner, alternatives: [...(owner.alternatives ?? []), entry] });
    return;
  }
  const { address, kind } = entry.destination;
  const allowed = kind === 'Address' ? allowedSources(port, address, site) : undefined;
  rows.set(key, {
    entry,
    service: port.service,
    portName: kind === 'OtherPorts' ? '' : port.portName,
    ...(allowed === undefined ? {} : { allowed }),
  });
}
