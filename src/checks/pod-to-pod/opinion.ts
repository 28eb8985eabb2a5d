/** What can be said of one question, before it is known whether it counts: a pure look at what was seen. */
import type { Outcome, Target } from '../../api/v1alpha1/index.ts';
import type { EvidenceExcerpt } from '../verdict.ts';
import type { Deviation } from './evidence.ts';
import type { Asked } from './plan.ts';
import type { Reason } from './reasons.ts';

/** Opinion is a verdict without its question. */
export interface Opinion {
  readonly outcome: Outcome;
  readonly reason: Reason;
  /** message is a sentence for people, '' for what is as expected. */
  readonly message: string;
  readonly warning?: { readonly reason: Reason; readonly message: string };
  readonly evidence?: EvidenceExcerpt;
}

/** Observed is a question that was asked, with all that is needed to speak of what was seen. */
export interface Observed {
  readonly asked: Asked;
  readonly target: Target;
  /** node is the node that asked. */
  readonly node: string;
  /** local is the own address that the question was asked from, where nothing else was seen. */
  readonly local: string;
  readonly seen: Deviation;
}

/** failed is the opinion that the network is at fault. */
export function failed(reason: Reason, message: string, evidence: EvidenceExcerpt): Opinion {
  return { outcome: 'Failed', reason, message, evidence };
}

/** unknown is the opinion that it could not be told. */
export function unknown(reason: Reason, message: string, evidence?: EvidenceExcerpt): Opinion {
  return { outcome: 'Unknown', reason, message, ...(evidence === undefined ? {} : { evidence }) };
}

/** skipped is the opinion that it does not matter now. */
export function skipped(reason: Reason, message: string): Opinion {
  return { outcome: 'Skipped', reason, message };
}
