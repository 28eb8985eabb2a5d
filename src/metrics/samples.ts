/** Samples that several metrics make alike: counts by outcome, quantiles, counts of equal labels. Pure. */
import type { NodeResult } from '../api/v1alpha1/index.ts';
import type { Sample } from './family.ts';

/** outcomes are what a question can come to. */
export const outcomes = ['Passed', 'Failed', 'Unknown', 'Skipped'] as const;

/** Labels are label values by name. */
export type Labels = Readonly<Record<string, string>>;

/** Counts are questions, counted by outcome. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly unknown: number;
  readonly skipped: number;
}

/** counts has a sample of every outcome, zero or not: an alert on `Failed` must see it go back to 0. */
export function counts(labels: Labels, of: Counts): readonly Sample[] {
  const values = { Passed: of.passed, Failed: of.failed, Unknown: of.unknown, Skipped: of.skipped };
  return outcomes.map((outcome) => ({ labels: { ...labels, outcome }, value: values[outcome] }));
}

/** quantiles has times in microseconds as seconds, none where nothing was measured. */
export function quantiles(labels: Labels, times: NodeResult['roundTripMicroseconds']): readonly Sample[] {
  if (times === undefined) return [];
  const values = [
    ['0.5', times.p50],
    ['0.9', times.p90],
    ['1', times.max],
  ] as const;
  return values.map(([quantile, microseconds]) => ({
    labels: { ...labels, quantile },
    value: microseconds / 1e6,
  }));
}

/** tally counts equal label sets, in the order in which they come first. */
export function tally(items: readonly Labels[]): readonly Sample[] {
  const found = new Map<string, { labels: Labels; value: number }>();
  for (const labels of items) {
    const key = JSON.stringify(labels);
    const sample = found.get(key) ?? { labels, value: 0 };
    sample.value += 1;
    found.set(key, sample);
  }
  return [...found.values()];
}
