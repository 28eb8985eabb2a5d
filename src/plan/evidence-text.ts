/** Evidence as a finding shows it. */
import { maxEvidenceLength } from '../api/v1alpha1/index.ts';
import type { EvidenceExcerpt } from '../checks/verdict.ts';
import { plain } from './text.ts';

/** evidenceText is compact JSON within the bound: lists go first, then whatever is longest. */
export function evidenceText(evidence: EvidenceExcerpt): string | undefined {
  const whole = plain(JSON.stringify(evidence));
  if (whole.length <= maxEvidenceLength) return whole;
  const fields = Object.entries(evidence).sort(([, a], [, b]) => sizeOf(a) - sizeOf(b));
  for (let count = fields.length - 1; count > 0; count--) {
    const kept = new Set(fields.slice(0, count).map(([name]) => name));
    const text = plain(
      JSON.stringify(Object.fromEntries(Object.entries(evidence).filter(([name]) => kept.has(name)))),
    );
    if (text.length <= maxEvidenceLength) return text;
  }
  return undefined;
}

function sizeOf(value: EvidenceExcerpt[string]): number {
  return JSON.stringify(value).length + (typeof value === 'object' ? maxEvidenceLength : 0);
}
