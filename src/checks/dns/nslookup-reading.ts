/** What has been read of nslookup's text so far. */
import type { Line } from './nslookup-lines.ts';
import type { LookupRecord } from './nslookup-records.ts';

/** Said is a kind of sentence that decides what a lookup came to. */
export type Said = 'Records' | 'Code' | 'NoAnswer' | 'GaveUp';

/** Seen is what a text says. */
export interface Seen {
  /** said are the sentences that decide, in order; a text of a good answer has Records alone. */
  readonly said: readonly Said[];
  readonly records: readonly LookupRecord[];
  /** server is the one of the last header, as `address#port`. */
  readonly server?: string;
  /** name is that of the last sentence that says that there is nothing. */
  readonly name?: string;
  /** code is the last rcode. */
  readonly code?: string;
  readonly failures: readonly { readonly server: string; readonly why: string }[];
  /** passed are the addresses of servers whose reply made nslookup try the next one. */
  readonly passed: readonly string[];
  /** ignored says which message was not a reply to the question, damaged which one was no right reply. */
  readonly ignored?: string;
  readonly damaged?: string;
  /** problem says why the text cannot be read: it is cut, or has a line that nslookup does not print there. */
  readonly problem?: string;
}

/** maxRecords bounds an answer. One that is larger is not read: half of a set would be judged as a wrong set. */
export const maxRecords = 128;

/** maxFailures bounds how many failed attempts are kept, which nslookup's own servers and retries stay far below. */
const maxFailures = 64;

/** Where in the text the next line stands. */
export type Part = 'Header' | 'HeaderEnd' | 'Body' | 'Authority' | 'Debug';

/** Reading is a text that is being read. */
export interface Reading {
  part: Part;
  /** owner is the name whose address must come next. */
  owner?: string | undefined;
  /** bare tells that the owner has had no address yet. */
  bare: boolean;
  said: Said[];
  records: LookupRecord[];
  failures: { server: string; why: string }[];
  passed: string[];
  server?: string;
  name?: string;
  code?: string;
  ignored?: string;
  damaged?: string;
  /** known are the records so far: asked for A and AAAA, nslookup prints an alias twice. */
  readonly known: Set<string>;
}

/** newReading is the beginning. */
export function newReading(): Reading {
  return { part: 'Body', bare: false, said: [], records: [], failures: [], passed: [], known: new Set() };
}

/** takeRemark keeps a line that says how asking went or what there is not. */
export function takeRemark(reading: Reading, line: Line): void {
  switch (line.kind) {
    case 'Code':
      say(reading, 'Code');
      reading.name = line.name;
      reading.code = line.code;
      break;
    case 'NoAnswer':
      say(reading, 'NoAnswer');
      reading.name = line.name;
      break;
    case 'GaveUp':
      say(reading, 'GaveUp');
      break;
    case 'Failed':
      if (reading.failures.length < maxFailures)
        reading.failures.push({ server: line.server, why: line.why });
      break;
    case 'Passed':
      if (reading.passed.length < maxFailures) reading.passed.push(line.server);
      break;
    case 'Ignored':
      reading.ignored ??= line.why;
      break;
    case 'Damaged':
      reading.damaged ??= line.why;
      break;
  }
}

/** addRecord keeps a record that is not there yet, and says when there are too many. */
export function addRecord(reading: Reading, record: LookupRecord): string | undefined {
  say(reading, 'Records');
  const key = `${record.type} ${record.name} ${record.value}`;
  if (reading.known.has(key)) return undefined;
  reading.known.add(key);
  if (reading.records.length === maxRecords) return `more than ${maxRecords} records`;
  reading.records.push(record);
  return undefined;
}

/** Only what differs from the sentence before is kept: that bounds the list by what can follow in a real text. */
function say({ said }: Reading, what: Said): void {
  if (said.at(-1) === what) return;
  if (said.length >= maxFailures) said.shift();
  said.push(what);
}

/** seenOf ends a reading, with what is wrong with the text. */
export function seenOf(reading: Reading, problem: string | undefined): Seen {
  const { said, records, failures, passed, server, name, code, ignored, damaged } = reading;
  return {
    said,
    records,
    failures,
    passed,
    ...(server === undefined ? {} : { server }),
    ...(name === undefined ? {} : { name }),
    ...(code === undefined ? {} : { code }),
    ...(ignored === undefined ? {} : { ignored }),
    ...(damaged === undefined ? {} : { damaged }),
    ...(problem === undefined ? {} : { problem }),
  };
}
