/**
 * What BIND's nslookup found, read from the text that it printed. It says everything on standard output, exits 0 for a
 * name without records of the type, and prints one empty line before it ends: a text without that line is cut.
 */

import type { Seen } from './nslookup-reading.ts';
import type { LookupRecord } from './nslookup-records.ts';
import { readText } from './nslookup-text.ts';

export { maxRecords } from './nslookup-reading.ts';
export type { LookupRecord, RecordKind } from './nslookup-records.ts';

/** LookupOutcome is what a lookup came to. */
export type LookupOutcome =
  /** There were records. They may be aliases alone: whether those answer the question is the judge's to say. */
  | 'Answer'
  /** The name exists and has no record of the type. */
  | 'NoData'
  | 'NXDomain'
  | 'ServerFailure'
  | 'Refused'
  /** No server answered in time. */
  | 'TimedOut'
  /** Every server refused or closed the connection, or there was no way to it. */
  | 'Unreachable'
  /** Another rcode, a bad message, a text that is cut or not understood, or nslookup was ended by a signal. */
  | 'Broken';

/** Lookup is what one run of nslookup found. */
export interface Lookup {
  readonly outcome: LookupOutcome;
  /** records are the answer's, in the order printed, at most `maxRecords`; none unless the outcome is Answer. */
  readonly records: readonly LookupRecord[];
  /** silent are the addresses of other servers that did not answer, or could not be reached, in order. */
  readonly silent: readonly string[];
  /** refused are the addresses of other servers that were passed over: port closed, or a reply of SERVFAIL or REFUSED. */
  readonly refused: readonly string[];
  /** server is the one that answered, as `address#port`. */
  readonly server?: string;
  /** name is that of the first record, or of the line that says that there is none: with a search list, the one found. */
  readonly name?: string;
  /** detail says more in a word or two: the rcode, why no server was reached, what is not understood. */
  readonly detail?: string;
}

/** maxText bounds the text that is read, in characters. A longer one is Broken. */
export const maxText = 131_072;

/** Found is what a text says of the name. */
type Found = Pick<Lookup, 'outcome' | 'name' | 'detail'> & { readonly records?: Lookup['records'] };

/** parseNslookup reads what nslookup printed and how it ended: its exit code, null when a signal ended it. It never throws. */
export function parseNslookup(text: string, exitCode: number | null): Lookup {
  const whole = exitCode !== null && text.length <= maxText;
  const seen = readText(whole ? text : '');
  const { server } = seen;
  const found = whole
    ? conclude(seen, exitCode)
    : broken(exitCode === null ? 'ended by a signal' : 'too much text');
  return {
    records: [],
    ...othersOf(seen, found.outcome),
    ...(server === undefined ? {} : { server }),
    ...found,
  };
}

function conclude(seen: Seen, exitCode: number): Found {
  const { said, problem, damaged, records } = seen;
  if (problem !== undefined) return broken(damaged ?? problem);
  switch (said.at(-1)) {
    case 'Records':
      if (damaged !== undefined) return broken(damaged);
      if (said.length > 1 || exitCode !== 0) return broken(`records, and exit code ${exitCode}`);
      return { outcome: 'Answer', records, ...named(records[0]?.name) };
    case 'NoAnswer':
      if (said.includes('Records')) return broken('records, and no answer');
      return { outcome: 'NoData', ...named(seen.name) };
    case 'Code':
      return {
        outcome: outcomes.get(seen.code ?? '') ?? 'Broken',
        ...named(seen.name),
        detail: seen.code ?? '',
      };
    case 'GaveUp':
      return unreached(seen);
    default:
      return broken(damaged ?? seen.ignored ?? 'no answer and no error');
  }
}

/** What rcodes are to a lookup; the others are faults of the server or of the question. */
const outcomes: ReadonlyMap<string, LookupOutcome> = new Map([
  ['NXDOMAIN', 'NXDomain'],
  ['SERVFAIL', 'ServerFailure'],
  ['REFUSED', 'Refused'],
]);

/** A server that was silent once and then refused is down; one that was silent to the last may only be slow. */
function unreached({ failures, ignored, damaged }: Seen): Found {
  const wrong = damaged ?? ignored;
  if (wrong !== undefined) return broken(wrong);
  const last = new Map(failures.map(({ server, why }) => [server, why]));
  const why = [...last.values()].find((each) => each !== 'timed out');
  if (why === undefined || [...last.values()].includes('timed out'))
    return { outcome: 'TimedOut', detail: 'timed out' };
  const unreachable = /refused|unreachable|no route|end of file|reset/.test(why);
  return { outcome: unreachable ? 'Unreachable' : 'Broken', detail: why };
}

function broken(detail: string): Found {
  return { outcome: 'Broken', detail };
}

function named(name: string | undefined): { readonly name?: string } {
  return name === undefined ? {} : { name };
}

/** othersOf lists the servers that failed, without the one that answered in the end. */
function othersOf(seen: Seen, outcome: LookupOutcome): Pick<Lookup, 'silent' | 'refused'> {
  const answered =
    outcome === 'TimedOut' || outcome === 'Unreachable' ? undefined : seen.server?.split('#')[0];
  const others = (servers: readonly string[]) => [...new Set(servers)].filter((each) => each !== answered);
  const closed = (why: string) => why === 'connection refused';
  return {
    silent: others(seen.failures.filter(({ why }) => !closed(why)).map(({ server }) => server)),
    refused: others([
      ...seen.passed,
      ...seen.failures.filter(({ why }) => closed(why)).map(({ server }) => server),
    ]),
  };
}
