/** What failed and has not passed since: what the next run must try again, whoever's turn it is. */
import type { Finding, NetworkAuditRun, Retry } from '../api/v1alpha1/index.ts';
import { compare } from './text.ts';

/**
 * pairOf reads the ordered pair that a finding of a run is about, out of a subject that begins with `n1 → n2`. Only
 * PodToPod asks nodes of each other: at other kinds' arrows is a server, a file, a Service.
 */
export function pairOf(
  finding: Pick<Finding, 'check' | 'subject'>,
  run: NetworkAuditRun | undefined,
): Retry | undefined {
  const planned = run?.status?.plan?.checks.find(({ name }) => name === finding.check);
  if (planned !== undefined && planned.type !== 'PodToPod') return undefined;
  const match = /^(\S+) → (\S+)/.exec(finding.subject ?? '');
  const [, from, to] = match ?? [];
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** Outstanding is what a run left behind to be tried again. */
export interface Outstanding {
  /** pairs are ordered pairs, each failed one with its other direction, those of the most troubled node first. */
  readonly pairs: readonly Retry[];
  /** nodes must probe again, the most pressing first. */
  readonly nodes: readonly string[];
}

/** outstandingOf reads what failed in a run, and what it carried over from those before, from its status alone. */
export function outstandingOf(run: NetworkAuditRun | undefined): Outstanding {
  const failed = new Map<string, Retry>();
  const lonely = new Set<string>();
  for (const pair of failedInMatrix(run)) failed.set(`${pair.from} ${pair.to}`, pair);
  for (const finding of run?.status?.findings ?? []) {
    if (finding.severity !== 'Failed') continue;
    const pair = pairOf(finding, run);
    // What fails from everywhere is asked again by whoever's turn it is.
    if (pair === undefined && finding.node !== '') lonely.add(finding.node);
    if (pair !== undefined) failed.set(`${pair.from} ${pair.to}`, pair);
  }
  const pairs = new Map<string, Retry>();
  for (const { from, to } of failed.values()) {
    pairs.set(`${from} ${to}`, { from, to });
    pairs.set(`${to} ${from}`, { from: to, to: from });
  }
  const nodes = byTrouble([...pairs.values()], lonely);
  const rank = new Map(nodes.map((node, index) => [node, index]));
  const ranked = [...pairs.values()].sort(
    (a, b) => (rank.get(a.from) ?? 0) - (rank.get(b.from) ?? 0) || compare(a.to, b.to),
  );
  return { pairs: ranked, nodes };
}

function failedInMatrix(run: NetworkAuditRun | undefined): readonly Retry[] {
  const matrix = run?.status?.matrix;
  return (matrix?.rows ?? []).flatMap(({ node, reach }) =>
    (matrix?.targets ?? []).filter((_, index) => reach[index] === 'x').map((to) => ({ from: node, to })),
  );
}

function byTrouble(pairs: readonly Retry[], lonely: ReadonlySet<string>): readonly string[] {
  const counts = new Map<string, number>([...lonely].map((node) => [node, 1]));
  for (const { from } of pairs) counts.set(from, (counts.get(from) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || compare(a, b)).map(([node]) => node);
}
