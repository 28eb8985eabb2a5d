/** The whole text of nslookup, line after line: what it said of the name and of the servers, with no conclusion yet. */
import { type Line, lineOf } from './nslookup-lines.ts';
import { addRecord, newReading, type Reading, type Seen, seenOf, takeRemark } from './nslookup-reading.ts';

/** readText reads a text of any length in linear time. It stops at the first line that it does not understand. */
export function readText(text: string): Seen {
  const reading = newReading();
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

function notUnderstood(line: string): string {
  return `not understood: ${line.slice(0, 80)}`;
}
