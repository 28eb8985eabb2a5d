/** The whole text of nslookup, line after line: what it said of the name and of the servers, with no conclusion yet. */
import { type Line, lineOf } from './nslookup-lines.ts';
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
type Part = 'Header' | 'HeaderEnd' | 'Body' | 'Authority' | 'Debug';

interface Reading {
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

/** readText reads a text of any length in linear time. It stops at the first line that it does not understand. */
export function readText(text: string): Seen {
  const reading: Reading = {
    part: 'Body',
    bare: false,
    said: [],
    records: [],
    failures: [],
    passed: [],
    known: new Set(),
  };
  const lines = text.split('\n');
  // The last line feed of the text ends the one empty line that nslookup prints before it exits.
  if (lines.length < 3 || lines.pop() !== '' || lines.pop() !== '') return seenOf(reading, 'cut');
  for (const [index, line] of lines.entries()) {
    if (line === '' && isBeforeAuthority(reading, lines[index + 1])) continue;
    const problem = take(reading, lineOf(line), line);
    if (problem) return seenOf(reading, problem);
  }
  const whole = reading.part === 'Body' || reading.part === 'Authority';
  return seenOf(reading, whole && !reading.bare ? undefined : 'cut');
}

function isBeforeAuthority({ part }: Reading, next: string | undefined): boolean {
  return part === 'Body' && next !== undefined && lineOf(next).kind === 'Authority';
}

/** take reads one line into the reading, and gives what is wrong with it. */
function take(reading: Reading, line: Line, text: string): string | undefined {
  const { part } = reading;
  if (part === 'Debug') {
    if (line.kind === 'Rule') reading.part = 'Body';
    else if (!/^(?: {4}|\t)/.test(text)) return notUnderstood(text);
    return undefined;
  }
  if (part === 'Header') {
    if (line.kind !== 'Address') return notUnderstood(text);
    reading.server = line.server;
    reading.part = 'HeaderEnd';
    return undefined;
  }
  if (part === 'HeaderEnd') {
    reading.part = 'Body';
    return line.kind === 'Blank' ? undefined : notUnderstood(text);
  }
  if (part === 'Authority' && isData(line)) return undefined;
  if (reading.bare && line.kind !== 'Value') return notUnderstood(text);
  return takeBody(reading, line, text);
}

/** isData tells lines that a record of another section can be printed in, SOA's many lines among them. */
function isData({ kind }: Line): boolean {
  return kind === 'Record' || kind === 'Owner' || kind === 'Value' || kind === 'Unknown';
}

function takeBody(reading: Reading, line: Line, text: string): string | undefined {
  switch (line.kind) {
    case 'Server':
      // What has records is the end of the search: no other server is asked after it.
      if (reading.said.includes('Records')) return notUnderstood(text);
      reading.part = 'Header';
      // Over TCP it is said of each server that was tried, and not only when there is none left.
      reading.said = reading.said.filter((each) => each !== 'GaveUp');
      return undefined;
    case 'Rule':
      reading.part = 'Debug';
      return undefined;
    case 'Authority':
      reading.part = 'Authority';
      return undefined;
    case 'Owner':
      reading.owner = line.name;
      reading.bare = true;
      return undefined;
    case 'Value':
      if (reading.owner === undefined) return notUnderstood(text);
      reading.bare = false;
      return addRecord(reading, { type: line.type, name: reading.owner, value: line.value });
    case 'Record':
      reading.owner = undefined;
      return addRecord(reading, line.record);
    case 'Blank':
    case 'Address':
    case 'Unknown':
      return notUnderstood(text);
    default:
      takeRemark(reading, line);
      return undefined;
  }
}

function takeRemark(reading: Reading, line: Line): void {
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

function addRecord(reading: Reading, record: LookupRecord): string | undefined {
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

function notUnderstood(line: string): string {
  return `not understood: ${line.slice(0, 80)}`;
}

function seenOf(reading: Reading, problem: string | undefined): Seen {
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
