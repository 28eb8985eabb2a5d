/** The rows that nodes must have, from the API: what is alike on many nodes is made once. */
import type { ServiceView } from '../../cluster-view.ts';
import type { Family } from '../address-set.ts';
import { bucketOf, type Digests } from '../digest.ts';
import { destinationText, type Entry } from '../entry.ts';
import type { NodeFacts } from '../node-facts.ts';
import { addHairpins, type Base, baseKey, baseOf, ownEntries, specialPorts } from './base.ts';
import { allowedSources, constantEntriesOf, entriesOf } from './entries.ts';
import type { ExpectedRow } from './row.ts';
import type { ServicePort } from './service-port.ts';
import { ServicePortIndex } from './service-port-index.ts';
import { type Site, siteOf } from './site.ts';

/** How many distinct configurations are kept: nodes of one cluster have few, unless their detector is NodeCIDR. */
const keptBases = 8;

/** How many nodes' digests are kept, a thousand bytes each: a run is judged again with each report that comes. */
const keptDigests = 1000;

/**
 * ExpectedTables says what rows nodes must have. Where Services claim one destination, the first by namespace and name is
 * taken for its owner, as nothing says which of them a node serves; `rows` gives what the others want as alternatives.
 */
export class ExpectedTables {
  readonly #services: readonly ServiceView[];
  readonly #indices = new Map<Family, ServicePortIndex>();
  readonly #bases = new Map<string, Base>();
  readonly #digests = new Map<string, Digests>();

  constructor(services: Iterable<ServiceView>) {
    this.#services = [...services];
  }

  /** digests are those of the whole table of a node. Asked again for the same node, they are not made anew. */
  digests(facts: NodeFacts, family: Family): Digests {
    const index = this.#index(family);
    const site = siteOfNode(facts, family, index);
    const key = baseKey(index, site);
    const base = () => keptOf(this.#bases, key, keptBases, () => baseOf(index, site));
    const node = `${facts.name} ${site.primary} ${[...facts.host]} ${key}`;
    const known = keptOf(this.#digests, node, keptDigests, () => digestsOf(index, site, base()));
    return known.copy();
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
}

function digestsOf(index: ServicePortIndex, site: Site, base: Base): Digests {
  const digests = base.digests.copy();
  const special = specialPorts(index, site);
  for (const number of special) {
    const port = index.ports[number];
    if (port === undefined) continue;
    for (const { bucket, hash } of base.rows[number] ?? []) digests.addHash(bucket, hash);
    for (const entry of ownEntries(index, number, entriesOf(port, site))) digests.add(entry);
  }
  addHairpins(index, site, base, special, digests);
  return digests;
}

/** Those asked for last stay. */
function keptOf<T>(kept: Map<string, T>, key: string, most: number, make: () => T): T {
  const value = kept.get(key) ?? make();
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > most && oldest !== undefined) kept.delete(oldest);
  return value;
}

function siteOfNode(facts: NodeFacts, family: Family, index: ServicePortIndex): Site {
  return siteOf(facts, family, (endpoint) => index.nodeOf(endpoint) === facts.name);
}

function addRow(rows: Map<string, ExpectedRow>, port: ServicePort, site: Site, entry: Entry): void {
  const key = destinationText(entry.destination);
  const owner = rows.get(key);
  if (owner !== undefined) {
    const { alternatives = [], claimants = [] } = owner;
    rows.set(key, {
      ...owner,
      alternatives: [...alternatives, entry],
      claimants: [...claimants, port.service],
    });
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
