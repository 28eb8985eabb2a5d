/** How the reasons of a kind's verdicts are documented. */
import type { Outcome } from '../api/v1alpha1/index.ts';

/** ReasonText documents a reason. */
export interface ReasonText {
  readonly outcome: Outcome | 'Warning';
  /** means is a sentence: what was observed. */
  readonly means: string;
  /** remedy is a sentence: where to look, what to do. */
  readonly remedy: string;
}
