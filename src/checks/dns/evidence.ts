/**
 * What a DNS probe saw, with no opinion in it. Positional, since most nodes see the same: every question of
 * `questionsOf` has a number, which names one of the few different outcomes that there were.
 */

/** Evidence is one probe's answer. */
export interface Evidence {
  readonly version: 1;
  /** resolvConf is the Pod's own resolv.conf as it was read, or why it could not be. */
  readonly resolvConf: SeenResolvConf | { readonly problem: string };
  /** results are the outcomes of the questions, in the order of `questionsOf`: an index in `outcomes`, or a `NotAsked`. */
  readonly results: readonly number[];
  readonly outcomes: readonly SeenOutcome[];
  /** latencies are of the servers of `serversOf` in order, null where none was taken. ResolvConf's is of its first server. */
  readonly latencies: readonly (SeenLatency | null)[];
}

/** notAsked are the results of questions that were not asked. */
export const notAsked = {
  /** budget: there was no room or no time left. */
  budget: -1,
  /** silent: the server had been silent twice before. */
  silent: -2,
  /** pending: the probe had not come to it. */
  pending: -3,
} as const;

/** SeenResolvConf is a resolv.conf. */
export interface SeenResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
}

/** seenKinds are what nslookup can come to. */
export const seenKinds = [
  'Answer',
  'NoData',
  'NXDomain',
  'ServerFailure',
  'Refused',
  'TimedOut',
  'Unreachable',
  'Broken',
] as const;

/** SeenOutcome is one outcome that one or more questions had. */
export interface SeenOutcome {
  readonly kind: (typeof seenKinds)[number];
  /** name is the name that the answer is of: with a search list, the one that was found. */
  readonly name?: string;
  /** records are the values of the answer's own type, sorted, in canonical form. */
  readonly records: readonly string[];
  /** aliases are the targets of the CNAMEs on the way, in order. */
  readonly aliases?: readonly string[];
  /** silent are the servers of resolv.conf that did not answer before another one did. */
  readonly silent?: readonly string[];
  /** text is what nslookup printed the first time, cut to `maxTranscript`. */
  readonly text: string;
}

/** maxRecords bounds the records of one outcome; more than so many are cut, the last ones in order. */
export const maxRecords = 1000;

/** maxRecordLength bounds one record, in characters: a longer one is cut, and is like none that anyone can expect. */
export const maxRecordLength = 300;

/** maxTranscript bounds the text of one outcome, in characters. */
export const maxTranscript = 400;

/** SeenLatency is what the probe's own questions to one server came to, over UDP. */
export interface SeenLatency {
  /** p50, p90 and max are microseconds, of those that were answered in time; 0 when none was. */
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  /** asked and answered count single questions, each on a socket of its own. */
  readonly asked: number;
  readonly answered: number;
  /** pairs counts A and AAAA questions that were asked at once from one socket, halves those of which one was lost. */
  readonly pairs: number;
  readonly halves: number;
  /** lateMilliseconds is when an answer came that was over its time, if one did. */
  readonly lateMilliseconds?: number;
}
