/** Rows for people who write tests: sets by name where they have one. */

import type { ServiceView } from '../../../src/checks/cluster-view.ts';
import type { AddressSet, Family } from '../../../src/checks/service-rules/address-set.ts';
import { peopleText } from '../../../src/checks/service-rules/address-text.ts';
import { bucketCount } from '../../../src/checks/service-rules/digest.ts';
import type { Entry, Outcome } from '../../../src/checks/service-rules/entry.ts';
import { ExpectedTables } from '../../../src/checks/service-rules/expected/expected.ts';
import type { NodeFacts } from '../../../src/checks/service-rules/node-facts.ts';

/** allBuckets are those of a whole table. */
export const allBuckets: ReadonlySet<number> = new Set(
  Array.from({ length: bucketCount }, (_, index) => index),
);

/** rowsOf are the rows that a node must have, by `kind address:port/protocol`, each outcome as a line. */
export function rowsOf(
  services: readonly ServiceView[],
  node: NodeFacts,
  family: Family = 'IPv4',
): Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> {
  const rows = new ExpectedTables(services).rows(node, family, allBuckets);
  return Object.fromEntries([...rows.values()].map(({ entry }) => [nameOf(entry), shapeOf(entry)]));
}

/** nameOf is `kind address:port/protocol`. */
export function nameOf({ destination: { kind, address, port, protocol } }: Entry): string {
  return `${kind} ${address}:${port}/${protocol}`;
}

/** shapeOf is an entry with each outcome as `kind endpoint from sources, masked masqueraded`. */
export function shapeOf({ entering, fromPods, node }: Entry): Readonly<Record<string, readonly string[]>> {
  return {
    entering: entering.map(lineOf),
    ...(fromPods === undefined ? {} : { fromPods: fromPods.map(lineOf) }),
    node: node.map(lineOf),
  };
}

function lineOf({ kind, endpoint, sources, masqueraded, stickySeconds }: Outcome): string {
  const sticky = stickySeconds === undefined ? '' : `, sticky ${stickySeconds}`;
  const target = kind === 'Endpoint' ? endpoint : kind;
  return `${target} from ${setName(sources)}, masked ${setName(masqueraded)}${sticky}`;
}

function setName(set: AddressSet): string {
  return peopleText(set);
}
