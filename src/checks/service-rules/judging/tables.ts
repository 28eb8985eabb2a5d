/** What the nodes of a run must have, computed once for all of them and kept as long as the API says the same. */
import type { ClusterView, ServiceView } from '../../cluster-view.ts';
import { addressOf } from '../../pod-to-pod/addresses.ts';
import type { Family } from '../address-set.ts';
import { bucketCount, Digests, digestBytes } from '../digest.ts';
import type { Evidence, Mode } from '../evidence.ts';
import { ExpectedTables } from '../expected/expected.ts';
import type { ExpectedRow } from '../expected/row.ts';
import type { NodeFacts } from '../node-facts.ts';

/** A run is looked at again and again while its probes report; Services mostly stay as they are meanwhile. */
const remembered = new WeakMap<ReadonlyMap<string, ServiceView>, ExpectedTables>();

/** tablesOf are the tables that the API asks for. */
export function tablesOf({ services }: ClusterView): ExpectedTables {
  const known = remembered.get(services);
  if (known !== undefined) return known;
  const made = new ExpectedTables(services.values());
  remembered.set(services, made);
  return made;
}

/** factsOf is what must be known of a node, beside the Services. */
export function factsOf(
  name: string,
  mode: Exclude<Mode, 'ipvs'>,
  { config, host }: Pick<Evidence, 'config' | 'host'>,
  podAddresses: readonly string[],
  { nodes }: ClusterView,
): NodeFacts {
  const node = nodes.get(name);
  const [v4, v6] = [addressOf(podAddresses, 'IPv4'), addressOf(podAddresses, 'IPv6')];
  return {
    name,
    ...(node?.zone === undefined ? {} : { zone: node.zone }),
    mode,
    ...(config === undefined ? {} : { config }),
    podCIDRs: node?.podCIDRs ?? [],
    primary: { ...(v4 === undefined ? {} : { IPv4: v4 }), ...(v6 === undefined ? {} : { IPv6: v6 }) },
    host: new Set(host),
  };
}

/** digestsOfNode are those of all families of a node together, as the node itself reports them. */
export function digestsOfNode(
  tables: ExpectedTables,
  facts: NodeFacts,
  families: readonly Family[],
): Digests {
  const all = new Digests();
  for (const family of families) {
    const { bytes } = tables.digests(facts, family);
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      all.addHash(bucket, bytes.subarray(bucket * digestBytes, (bucket + 1) * digestBytes));
    }
  }
  return all;
}

/** rowsOfNode are the expected rows of some buckets, of all families, by `destinationText`. */
export function rowsOfNode(
  tables: ExpectedTables,
  facts: NodeFacts,
  families: readonly Family[],
  buckets: ReadonlySet<number>,
): ReadonlyMap<string, ExpectedRow> {
  return new Map(families.flatMap((family) => [...tables.rows(facts, family, buckets)]));
}
