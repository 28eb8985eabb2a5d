/** What a judge says of one question: an outcome, a reason out of a documented set, and what a person must read. */
import type { CheckType, DNSPath, Outcome, Suspect } from '../api/v1alpha1/index.ts';

/** Verdict is the judgement of one question that one node's probe was asked. */
export interface Verdict {
  /** check is the name of the item of `spec.checks`. */
  readonly check: string;
  /** type is the check's kind. */
  readonly type: CheckType;
  readonly outcome: Outcome;
  /** reason is CamelCase, from the kind's documented set; `Passed` verdicts have the reason `AsExpected`. */
  readonly reason: string;
  /** message is a sentence for people; empty for `Passed`. */
  readonly message: string;
  /** node is the node whose probe was asked. */
  readonly node: string;
  /** peer is the node at the other end, where there is one. */
  readonly peer?: string;
  /** subject is the thing that the question was about, as people name it: `n1 → n2 TCP IPv4`, a Service, a file. */
  readonly subject: string;
  /** warning marks something worth knowing, mostly on a verdict that passed: it becomes a finding that never decides. */
  readonly warning?: Warning;
  /** roundTripMicroseconds is the median round-trip time, where one was measured. */
  readonly roundTripMicroseconds?: number;
  /** lookup is set for a DNS question: the path that it took, and how long the server's answers take, if measured. */
  readonly lookup?: { readonly path: DNSPath; readonly latencyMicroseconds?: number };
  /** blames is the object that the judge holds to be the cause, where the evidence points at one. */
  readonly blames?: { readonly kind: Suspect['kind']; readonly name: string };
  /** everywhere marks a failure that is of no one node: alike from all nodes, it becomes one finding. */
  readonly everywhere?: true;
  /** evidence is what the probe saw, small and plain, for the finding that shows it. */
  readonly evidence?: EvidenceExcerpt;
}

/** Warning is something worth knowing. The same of several verdicts (check, reason, node, subject) is told once. */
export interface Warning {
  readonly reason: string;
  readonly message: string;
  /** subject is what it is about, where that is not what the question was about. */
  readonly subject?: string;
  /** node is the node that it is about, where that is not the one that was asked; empty for none. */
  readonly node?: string;
  /** evidence is what shows it; without one, that of the verdict does, unless the warning has a subject of its own. */
  readonly evidence?: EvidenceExcerpt;
}

/** EvidenceExcerpt is plain data out of a probe's evidence, bounded, to be shown to people. */
export type EvidenceExcerpt = { readonly [field: string]: string | number | boolean | readonly string[] };
