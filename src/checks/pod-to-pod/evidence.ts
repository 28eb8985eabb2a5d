/**
 * What a PodToPod probe saw: one result for each question of its task, in the task's order. A question that went as
 * expected is one number, its median round trip in microseconds (0 while it has not been asked to the end); only
 * what was not as expected is spelled out. Texts are empty and numbers 0 where they are as expected.
 */

import { isList, isObject, isText, isWhole } from '../shape.ts';
import { canonical, type Family, familyOf } from './addresses.ts';

/** Evidence is the evidence of one probe, as plain JSON. */
export interface Evidence {
  readonly version: 1;
  /** local are the own addresses that questions were asked from, one for each family. */
  readonly local: readonly string[];
  /** mtu is the MTU of the interface that holds them, 0 when it could not be read. */
  readonly mtu: number;
  readonly results: readonly Result[];
  /** heard is what the own responder heard of this run: one hex digit of `heardBit`s for each prober of the plan. */
  readonly heard?: string;
}

/** Result is the median round trip of a question that went as expected, or what was seen instead. */
export type Result = number | Deviation;

/** Deviation is what was seen of a question that did not go as expected. */
export interface Deviation {
  /** t is the median round trip in microseconds, 0 without one. */
  readonly t: number;
  /** n is how many flows were answered. */
  readonly n: number;
  /** u: none of so many attempts was answered; `timeout`, or the name of the last error. */
  readonly u?: readonly [attempts: number, error: string];
  /** v are the unexpected views: which, and of how many flows. */
  readonly v?: readonly SeenView[];
  /** c is the own address that the kernel would choose for this peer, where it is another than the one asked from. */
  readonly c?: string;
  /** l are the rounds of datagrams in which some were lost. */
  readonly l?: readonly (readonly [sent: number, lost: number])[];
  /** f: no datagram of so many bytes, the most that one packet takes, was answered in so many tries. */
  readonly f?: readonly [bytes: number, tries: number];
  /** g: the same of datagrams that travel in fragments. */
  readonly g?: readonly [bytes: number, tries: number];
  /** s: so many bytes each way did not get through one TCP connection, in so many tries; the last error. */
  readonly s?: readonly [bytes: number, tries: number, error: string];
}

/** SeenView is what both ends saw of one flow, in so far as it was not expected. */
export type SeenView = readonly [
  times: number,
  local: string,
  localPort: number,
  from: string,
  peer: string,
  peerPort: number,
  at: string,
  uid: string,
  pod: string,
  node: string,
];

/** ParsedEvidence is evidence that can be believed to be evidence, or a sentence that says why not. */
export type ParsedEvidence =
  | { readonly ok: true; readonly evidence: Evidence }
  | { readonly ok: false; readonly problem: string };

/** longestRoundTrip is the most microseconds that any attempt may take: ten seconds' timeout, thrice over. */
const longestRoundTrip = 30_000_000;

/** parseEvidence reads evidence that must have `questions` results and speak of `probers` probers. */
export function parseEvidence(value: unknown, questions: number, probers: number): ParsedEvidence {
  if (!isObject(value)) return broken('is not a JSON object');
  if (value.version !== 1) return broken('has another version than 1');
  if (isText(value.problem, 1000)) return { ok: false, problem: `the probe failed: ${value.problem}` };
  if (!isList(value.local, 2, isLocal)) return broken('names no addresses of its own');
  if (new Set(value.local.map(familyOf)).size !== value.local.length) {
    return broken('names two own addresses of one family');
  }
  if (!isWhole(value.mtu, 0, 1 << 24)) return broken('has an MTU out of range');
  if (!Array.isArray(value.results) || value.results.length !== questions) {
    return broken(`does not have one result for each of ${questions} questions`);
  }
  const wrong = value.results.findIndex((result: unknown) => !isResult(result));
  if (wrong !== -1) return broken(`has a wrong result for question ${wrong}`);
  const { heard } = value;
  if (
    heard !== undefined &&
    !(isText(heard, probers) && heard.length === probers && /^[0-9a-f]*$/.test(heard))
  ) {
    return broken('says what was heard in a wrong form');
  }
  const { local, mtu } = value;
  const results = value.results.map((result: Result) =>
    typeof result === 'number' ? result : copied(result),
  );
  return {
    ok: true,
    evidence: { version: 1, local, mtu, results, ...(heard === undefined ? {} : { heard }) },
  };
}

/** localOf picks the own address of a family, '' when there was none. */
export function localOf(evidence: Evidence, family: Family): string {
  return evidence.local.find((address) => familyOf(address) === family) ?? '';
}

function isLocal(value: unknown): value is string {
  return isText(value, 45) && familyOf(value) !== undefined;
}

function isResult(value: unknown): value is Result {
  if (typeof value === 'number') return isWhole(value, 0, longestRoundTrip);
  return (
    isObject(value) &&
    isWhole(value.t, 0, longestRoundTrip) &&
    isWhole(value.n, 0, 1000) &&
    (value.u === undefined || (isTuple(value.u, 2) && isTries(value.u[0]) && isError(value.u[1]))) &&
    (value.v === undefined || isList(value.v, 4, isView)) &&
    (value.c === undefined || isLocal(value.c)) &&
    (value.l === undefined || isList(value.l, 4, isRound)) &&
    (value.f === undefined || isSize(value.f)) &&
    (value.g === undefined || isSize(value.g)) &&
    (value.s === undefined ||
      (isTuple(value.s, 3) && isSize([value.s[0], value.s[1]]) && isError(value.s[2])))
  );
}

function isView(value: unknown): value is SeenView {
  if (!isTuple(value, 10)) return false;
  const [times, local, localPort, from, peer, peerPort, at, ...who] = value;
  return (
    isTries(times) &&
    isWhole(localPort, 0, 65535) &&
    isWhole(peerPort, 0, 65535) &&
    [local, from, peer, at].every((text) => text === '' || isLocal(text)) &&
    who.every((text) => isText(text, 253) && !/\p{Cc}/u.test(text))
  );
}

function isRound(value: unknown): value is readonly [number, number] {
  return isTuple(value, 2) && isWhole(value[0], 1, 1000) && isWhole(value[1], 0, value[0]);
}

function isSize(value: unknown): value is readonly [number, number] {
  return isTuple(value, 2) && isWhole(value[0], 1, 1 << 24) && isTries(value[1]);
}

function isTries(value: unknown): value is number {
  return isWhole(value, 1, 1000);
}

function isError(value: unknown): value is string {
  return isText(value, 24) && /^[A-Za-z0-9_]+$/.test(value);
}

function isTuple(value: unknown, length: number): value is readonly unknown[] {
  return Array.isArray(value) && value.length === length;
}

/** copied keeps the known fields only. */
function copied({ t, n, u, v, c, l, f, g, s }: Deviation): Deviation {
  return {
    t,
    n,
    ...(u === undefined ? {} : { u }),
    ...(v === undefined ? {} : { v }),
    ...(c === undefined ? {} : { c: canonical(c) ?? c }),
    ...(l === undefined ? {} : { l }),
    ...(f === undefined ? {} : { f }),
    ...(g === undefined ? {} : { g }),
    ...(s === undefined ? {} : { s }),
  };
}

function broken(what: string): ParsedEvidence {
  return { ok: false, problem: `the evidence ${what}` };
}
