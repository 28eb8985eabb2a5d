/** Where a node's table is another one than the API asks for: whom to ask for details, and what they are held against. */
import type { ClusterView } from '../../cluster-view.ts';
import { bucketCount, Digests, digestsOf } from '../digest.ts';
import type { Evidence, Mode } from '../evidence.ts';
import type { ExpectedTables } from '../expected/expected.ts';
import type { NodeFacts } from '../node-facts.ts';
import type { SeenSide } from './sides.ts';
import { digestsOfNode, factsOf, tablesOf } from './tables.ts';

/** Compared is a node's table beside the one that it must have. */
export interface Compared {
  readonly facts: NodeFacts;
  readonly tables: ExpectedTables;
  readonly reported: Digests;
  /** right are the buckets that are as they must be and not empty, wrong those that are not. */
  readonly right: readonly number[];
  readonly wrong: readonly number[];
  /** unclear are the wrong ones in which the node has rows: which, only its log tells. */
  readonly unclear: readonly number[];
}

interface Remembered {
  readonly services: ClusterView['services'];
  readonly nodes: ClusterView['nodes'];
  readonly compared: Compared | undefined;
}

/** What is asked for and what is judged must be the same buckets, and be found once. */
const remembered = new WeakMap<Evidence, Remembered>();

/** comparedOf compares a node's digests; undefined where there is nothing to compare. */
export function comparedOf(side: SeenSide, cluster: ClusterView): Compared | undefined {
  const { services, nodes } = cluster;
  const before = remembered.get(side.evidence);
  if (before?.services === services && before.nodes === nodes) return before.compared;
  const compared = compare(side, cluster);
  remembered.set(side.evidence, { services, nodes, compared });
  return compared;
}

function compare({ evidence, node, report }: SeenSide, cluster: ClusterView): Compared | undefined {
  const { families } = evidence;
  const mode = auditedMode(evidence.mode);
  const reported = digestsOf(evidence.digests);
  if (mode === undefined || reported === undefined) return undefined;
  const facts = factsOf(node, mode, evidence, report.podAddresses, cluster);
  const tables = tablesOf(cluster);
  const expected = digestsOfNode(tables, facts, families);
  const wrong = expected.differing(reported);
  const differs = new Set(wrong);
  const filled = new Set(expected.differing(new Digests()));
  const right = Array.from({ length: bucketCount }, (_, bucket) => bucket).filter(
    (bucket) => !differs.has(bucket) && filled.has(bucket),
  );
  const present = new Set(reported.differing(new Digests()));
  const unclear = wrong.filter((bucket) => present.has(bucket));
  return { facts, tables, reported, right, wrong, unclear };
}

/** auditedMode is a mode whose rules are read. */
export function auditedMode(mode: Evidence['mode']): Exclude<Mode, 'ipvs'> | undefined {
  return mode === 'iptables' || mode === 'nftables' ? mode : undefined;
}
