/**
 * The lines that BIND's nslookup prints (9.16 to 9.20), one by one. Its grammar is small and every line of it is known
 * here: what is none of these lines is `Unknown`, and makes the whole text one that is not understood.
 */
import { canonical, familyOf } from '../pod-to-pod/addresses.ts';
import { domainName, type LookupRecord, recordOf } from './nslookup-records.ts';

/** Line is one line, told apart by what it says. */
export type Line =
  | { readonly kind: 'Blank' }
  /** Server and Address are the two lines of the header; a blank one ends it. */
  | { readonly kind: 'Server' }
  | { readonly kind: 'Address'; readonly server: string }
  /** Owner is the name of the addresses that follow. */
  | { readonly kind: 'Owner'; readonly name: string }
  | { readonly kind: 'Value'; readonly type: 'A' | 'AAAA'; readonly value: string }
  | { readonly kind: 'Record'; readonly record: LookupRecord }
  /** Authority begins the records that are not the answer. */
  | { readonly kind: 'Authority' }
  /** Rule begins or ends what `-debug` prints of one message. */
  | { readonly kind: 'Rule' }
  | { readonly kind: 'Code'; readonly name: string; readonly code: string }
  | { readonly kind: 'NoAnswer'; readonly name: string }
  /** Failed is one attempt at one server that came to nothing, and why. */
  | { readonly kind: 'Failed'; readonly server: string; readonly why: string }
  /** Passed is a server that was passed over for the next one because of what it replied. */
  | { readonly kind: 'Passed'; readonly server: string; readonly code: string }
  | { readonly kind: 'GaveUp' }
  /** Ignored is a message that was not the reply to the question: nslookup goes on to wait for the right one. */
  | { readonly kind: 'Ignored'; readonly why: string }
  /** Damaged is a message that was taken for the reply and was not a right one: it ends all, or cannot be trusted. */
  | { readonly kind: 'Damaged'; readonly why: string }
  /** Note is a line that changes nothing. */
  | { readonly kind: 'Note' }
  | { readonly kind: 'Unknown' };

const blank: Line = { kind: 'Blank' };
const note: Line = { kind: 'Note' };
const unknown: Line = { kind: 'Unknown' };

/** lineOf reads one line, without its line feed. It never throws and looks at each character a bounded number of times. */
export function lineOf(line: string): Line {
  if (line === '') return blank;
  if (line.startsWith(';; ')) return remarkOf(line.slice(3));
  if (line.startsWith('Server:\t\t')) return line.length > 9 ? { kind: 'Server' } : unknown;
  if (line.startsWith('Address:\t')) return headerOf(line.slice(9));
  if (line.startsWith('Address: ')) return addressLineOf(line.slice(9));
  if (line.startsWith('Name:\t')) {
    const name = domainName(line.slice(6));
    return name === undefined ? unknown : { kind: 'Owner', name };
  }
  if (line === 'Non-authoritative answer:') return note;
  if (line === 'Authoritative answers can be found from:') return { kind: 'Authority' };
  if (line === '------------') return { kind: 'Rule' };
  if (line.startsWith('** ') || line.startsWith('*** ')) return refusalOf(line);
  const record = recordOf(line);
  return record === undefined ? unknown : { kind: 'Record', record };
}

function headerOf(text: string): Line {
  const server = socketOf(text);
  return server === undefined ? unknown : { kind: 'Address', server };
}

function addressLineOf(text: string): Line {
  const value = canonical(text);
  if (value === undefined) return unknown;
  return { kind: 'Value', type: familyOf(value) === 'IPv4' ? 'A' : 'AAAA', value };
}

/** refusalOf reads the two sentences in which nslookup says that it has no answer. */
function refusalOf(line: string): Line {
  const [, owner = '', code = ''] =
    /^\*\* server can't find (\S{1,1024}): ([A-Z0-9?]{1,16})$/.exec(line) ?? [];
  const [, empty = ''] = /^\*\*\* Can't find (\S{1,1024}): No answer$/.exec(line) ?? [];
  const name = domainName(owner || empty);
  if (name === undefined) return unknown;
  return owner === '' ? { kind: 'NoAnswer', name } : { kind: 'Code', name, code };
}

/** remarkOf reads what follows `;; `: how asking went. */
function remarkOf(text: string): Line {
  if (text === 'no servers could be reached') return { kind: 'GaveUp' };
  if (text === 'connection timed out; no servers could be reached') return { kind: 'GaveUp' };
  const failed =
    /^communications error to ([^\s#]{1,64}(?:#\d{1,5})?): ([A-Za-z][A-Za-z ]{0,99})$/.exec(text) ??
    /^(?:Connection to|UDP setup with) ([^\s#(]{1,64}(?:#\d{1,5})?)\([^\s)]{0,300}\) for \S{1,1024} failed: ([A-Za-z][A-Za-z ]{0,99})\.$/.exec(
      text,
    );
  if (failed) return { kind: 'Failed', server: hostOf(failed[1] ?? ''), why: failed[2] ?? '' };
  const passed = /^Got (\S{1,16}) reply from (\S{1,64}?)(?:, trying next server)?$/.exec(text);
  if (passed) return { kind: 'Passed', server: hostOf(passed[2] ?? ''), code: passed[1] ?? '' };
  // What only resembles a line that decides is none that can be passed over.
  if (/^(?:communications error|Connection to|UDP setup) |servers could be reached/.test(text))
    return unknown;
  // The mismatch of the question section is printed with `;; ` twice.
  const [, why = ''] = /^(?:;; )?(\S.{0,99})/.exec(text) ?? [];
  if (/^(?:Question section|Warning: (?:ID|Opcode)) mismatch|^Warning: short /.test(why))
    return { kind: 'Ignored', why };
  return /^(?:Got bad packet|ERROR): |^Warning: .*(?:malformed|response not set)/.test(why)
    ? { kind: 'Damaged', why }
    : note;
}

/** socketOf checks `address#port`, as nslookup prints a server. */
function socketOf(text: string): string | undefined {
  const [address = '', port = '', ...more] = text.split('#', 3);
  if (more.length > 0 || !/^\d{1,5}$/.test(port)) return undefined;
  return hostOf(address) === '' ? undefined : `${hostOf(address)}#${port}`;
}

/** hostOf takes the address of a server without its port, canonical unless it has a zone. */
function hostOf(text: string): string {
  const [address = ''] = text.split('#', 1);
  return canonical(address) ?? address;
}
