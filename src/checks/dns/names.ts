/** Names as a resolver means them, and records in one spelling, so that they can be compared. */
import type { RecordType } from '../../api/v1alpha1/index.ts';
import { canonical, familyOf } from '../pod-to-pod/addresses.ts';

/** absolute spells a name in lower case and with its final dot. */
export function absolute(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower : `${lower}.`;
}

/** searchOf is the search list that the kubelet gives the Pods of a namespace, without what the node's own adds. */
export function searchOf(namespace: string, domain: string): readonly string[] {
  return [`${namespace}.svc.${domain}`, `svc.${domain}`, domain];
}

/** addressOfReverse reads the address out of a reverse name or of an address itself; undefined for any other name. */
export function addressOfReverse(name: string): string | undefined {
  if (familyOf(name) !== undefined) return canonical(name);
  const lower = absolute(name);
  const four = /^(\d{1,3}(?:\.\d{1,3}){3})\.in-addr\.arpa\.$/.exec(lower)?.[1];
  if (four !== undefined) return canonical(four.split('.').reverse().join('.'));
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa\.$/.exec(lower)?.[1];
  if (six === undefined) return undefined;
  const digits = six.replaceAll('.', '').split('').reverse().join('');
  return canonical((digits.match(/.{4}/g) ?? []).join(':'));
}

/** canonicalRecord spells the value of a record as comparing needs it. */
export function canonicalRecord(type: RecordType, value: string): string {
  if (type === 'A' || type === 'AAAA') return canonical(value) ?? value.toLowerCase();
  if (type === 'TXT') return value.replace(/^"(.*)"$/s, '$1');
  if (type !== 'SRV') return absolute(value);
  const fields = value.trim().split(/\s+/);
  return [...fields.slice(0, -1), absolute(fields.at(-1) ?? '')].join(' ');
}

/** dashed is the name that CoreDNS gives an endpoint without a hostname: its address, with dashes. */
export function dashed(address: string): string {
  return address.replaceAll(/[.:]/g, '-');
}
