/**
 * Who probes in a run, and whom: a pure function of the run's number over an order of the nodes that joins and leaves
 * do not disturb.
 *
 * Probers are taken in blocks of `perRun`, targets in blocks of `peersPerNode`. Run r has prober block r mod nP; after
 * each cycle of nP runs the target block moves on by one, and after nK cycles every ordered pair has been tried. In one
 * run all probers ask the same targets, so the plan lists each target once, and one bad node stands out.
 *
 * Nodes with something to try again go first, in at most half of the places. They displace one half of the block, and
 * the half that keeps its places changes with the cycle.
 */
import { hash } from 'node:crypto';

/** RotationSizes are how many probe in one run, and how many targets each asks. */
export interface RotationSizes {
  readonly perRun: number;
  readonly peersPerNode: number;
}

/** Turn is who probes in a run, and the block of targets that all of them ask. */
export interface Turn {
  readonly probers: readonly string[];
  readonly targets: readonly string[];
}

/** rotationOrder orders names by a hash of each alone: a node that joins or leaves moves no other past another. */
export function rotationOrder(names: readonly string[]): readonly string[] {
  return names
    .map((name) => ({ name, weight: hash('sha1', name) }))
    .sort((a, b) => (a.weight < b.weight ? -1 : a.weight > b.weight ? 1 : 0))
    .map(({ name }) => name);
}

/**
 * turnOf is the turn of run `number` (0, 1, 2 …). `first` are nodes that must probe in this run whoever's turn it is,
 * the most pressing first: half of the places are for those of them that would not probe anyway, or not for certain.
 */
export function turnOf(
  order: readonly string[],
  targetOrder: readonly string[],
  sizes: RotationSizes,
  number: number,
  first: readonly string[] = [],
): Turn {
  const { proberBlocks, targetBlocks, cycle } = positions(order.length, targetOrder.length, sizes, number);
  const targets = block(targetOrder, sizes.peersPerNode, cycle % targetBlocks);
  const regular = block(order, sizes.perRun, number % proberBlocks);
  const places = Math.min(sizes.perRun, order.length);
  const half = Math.floor(places / 2);
  const due = alternate(regular, secondHalfFirst(cycle, targetBlocks));
  const kept = due.slice(0, places - half);
  const known = new Set(order);
  const pressing = first.filter((name) => known.has(name) && !kept.includes(name));
  const again = [...new Set(pressing)].slice(0, half);
  const probers = [...new Set([...kept, ...again, ...due])].slice(0, places);
  return { probers: probers.sort(), targets };
}

/** Coverage is within how many runs each node probes, and each ordered pair of nodes is tried. */
export interface Coverage {
  readonly nodesEveryRuns: number;
  readonly pairsEveryRuns: number;
}

/**
 * coverageOf states numbers that hold while the nodes stay the same. `retrying` says that nodes with something to try
 * again take places from others, which can then cost a node two of its turns, and a pair one.
 */
export function coverageOf(
  probers: number,
  targets: number,
  sizes: RotationSizes,
  retrying: boolean,
): Coverage {
  const { proberBlocks, targetBlocks } = positions(probers, targets, sizes, 0);
  const rounds = proberBlocks * targetBlocks;
  // Where all nodes probe in every run there is no place to take.
  if (!retrying || proberBlocks === 1) return { nodesEveryRuns: proberBlocks, pairsEveryRuns: rounds };
  return { nodesEveryRuns: 3 * proberBlocks, pairsEveryRuns: 2 * rounds };
}

function positions(probers: number, targets: number, sizes: RotationSizes, number: number) {
  const proberBlocks = Math.max(1, Math.ceil(probers / sizes.perRun));
  const targetBlocks = Math.max(1, Math.ceil(targets / sizes.peersPerNode));
  return { proberBlocks, targetBlocks, cycle: Math.floor(number / proberBlocks) };
}

/** block is the nth block of that size; the last one is filled up from the start, so that every block is full. */
function block(order: readonly string[], size: number, index: number): readonly string[] {
  if (order.length <= size) return order;
  const start = index * size;
  const found = order.slice(start, start + size);
  return [...found, ...order.slice(0, size - found.length)];
}

/**
 * secondHalfFirst says which half of a block keeps its places in this cycle. A pair meets once in `targetBlocks`
 * cycles, so the halves must also change from one such round to the next: an odd round does that by itself.
 */
function secondHalfFirst(cycle: number, targetBlocks: number): boolean {
  const turn = targetBlocks % 2 === 1 ? cycle : cycle + Math.floor(cycle / targetBlocks);
  return turn % 2 === 1;
}

function alternate(names: readonly string[], second: boolean): readonly string[] {
  if (!second) return names;
  const half = Math.ceil(names.length / 2);
  return [...names.slice(half), ...names.slice(0, half)];
}
