/**
 * The lines that BIND's nslookup prints (9.16 to 9.20), one by one. Its grammar is small and every line of it is known
 * here: what is none of these lines is `Unknown`, and makes the whole text one that is not understood.
 */
import { canonical, familyOf } from '../pod-to-pod/addresses.ts';

/** RecordKind is a type of record that nslookup prints in a form of its own. */
export type RecordKind = 'A' | 'AAAA' | 'CNAME' | 'DNAME' | 'MX' | 'NS' | 'PTR' | 'SRV' | 'TXT';

/** LookupRecord is one record of an answer. */
export interface LookupRecord {
  readonly type: RecordKind;
  /** name is the owner, in lower case and with its final dot. */
  readonly name: string;
  /**
   * value is an address in canonical form, a name in lower case with its final dot, `priority weight port target.` of
   * SRV, `preference exchange.` of MX, or the quoted strings of TXT as they are printed.
   */
  readonly value: string;
}

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

/** What nslookup calls the data of a record, where it prints owner, tab, these words and the data. */
const words: ReadonlyMap<string, RecordKind> = new Map([
  ['internet address', 'A'],
  ['has AAAA address', 'AAAA'],
  ['canonical name', 'CNAME'],
  ['dname', 'DNAME'],
  ['mail exchanger', 'MX'],
  ['nameserver', 'NS'],
  ['name', 'PTR'],
  ['service', 'SRV'],
  ['text', 'TXT'],
]);

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
  return recordOf(line);
}

/** domainName spells a name as a resolver means it: lower case, with its final dot. Undefined for what is no name. */
export function domainName(text: string): string | undefined {
  if (text === '' || text.length > 1024 || /\s/.test(text)) return undefined;
  return (text.endsWith('.') ? text : `${text}.`).toLowerCase();
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
    /^communications error to ([^\s#]{1,64}(?:#\d{1,5})?): (.{1,100})$/.exec(text) ??
    /^(?:Connection to|UDP setup with) ([^\s#(]{1,64}(?:#\d{1,5})?)\([^\s)]{0,300}\) for \S{1,1024} failed: (.{1,100})\.$/.exec(
      text,
    );
  if (failed) return { kind: 'Failed', server: hostOf(failed[1] ?? ''), why: failed[2] ?? '' };
  const passed = /^Got (\S{1,16}) reply from (\S{1,64}?)(?:, trying next server)?$/.exec(text);
  if (passed) return { kind: 'Passed', server: hostOf(passed[2] ?? ''), code: passed[1] ?? '' };
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

function recordOf(line: string): Line {
  const tab = line.indexOf('\t');
  const equals = line.indexOf(' = ', tab);
  if (tab < 1 || equals < 0) return unknown;
  const name = domainName(line.slice(0, tab));
  const type = words.get(line.slice(tab + 1, equals));
  const value = type && dataOf(type, line.slice(equals + 3));
  if (name === undefined || type === undefined || value === undefined) return unknown;
  return { kind: 'Record', record: { type, name, value } };
}

/** dataOf checks and spells the data of a record. Names in data always have their final dot: BIND's, not BusyBox's. */
function dataOf(type: RecordKind, text: string): string | undefined {
  if (type === 'A' || type === 'AAAA') return canonical(text);
  if (type === 'TXT') return /^"[^\n]{0,4094}$/.test(text) && text.endsWith('"') ? text : undefined;
  if (!text.endsWith('.')) return undefined;
  const fields = text.split(' ', 5);
  const target = domainName(fields.pop() ?? '');
  const numbers = type === 'SRV' ? 3 : type === 'MX' ? 1 : 0;
  if (target === undefined || fields.length !== numbers || !fields.every(isUint16)) return undefined;
  return [...fields, target].join(' ');
}

function isUint16(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535;
}
