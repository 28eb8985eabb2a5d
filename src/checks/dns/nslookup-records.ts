/** The records of an answer as BIND's nslookup prints them, in one spelling. */

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

/** What nslookup calls the data of an answer's record, where it prints owner, tab, these words and the data. */
const words: ReadonlyMap<string, RecordKind> = new Map([
  ['canonical name', 'CNAME'],
  ['dname', 'DNAME'],
  ['mail exchanger', 'MX'],
  ['nameserver', 'NS'],
  ['name', 'PTR'],
  ['service', 'SRV'],
  ['text', 'TXT'],
]);

/** domainName spells a name as a resolver means it: lower case, with its final dot. Undefined for what is no name. */
export function domainName(text: string): string | undefined {
  // BIND prints what is not printable ASCII as \DDD, spaces too.
  if (!/^[!-~]{1,1024}$/.test(text)) return undefined;
  return (text.endsWith('.') ? text : `${text}.`).toLowerCase();
}

/** recordOf reads a line of an answer that is no address: owner, tab, what the data is called, the data. */
export function recordOf(line: string): LookupRecord | undefined {
  const tab = line.indexOf('\t');
  const equals = line.indexOf(' = ', tab);
  if (tab < 1 || equals < 0) return undefined;
  const name = domainName(line.slice(0, tab));
  const type = words.get(line.slice(tab + 1, equals));
  const value = type && dataOf(type, line.slice(equals + 3));
  if (name === undefined || type === undefined || value === undefined) return undefined;
  return { type, name, value };
}

/** dataOf checks and spells the data of a record. Names in data always have their final dot: BIND's, not BusyBox's. */
function dataOf(type: RecordKind, text: string): string | undefined {
  if (type === 'TXT') return /^"[ -~]{0,4094}"$/.test(text) ? text : undefined;
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
