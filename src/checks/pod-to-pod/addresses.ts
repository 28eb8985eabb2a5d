/** Addresses of Pods as text: their family, and one spelling for each, so that they can be compared. */

/** Family is an IP family, by the name that `spec.ipFamilies` of Services uses. */
export type Family = 'IPv4' | 'IPv6';

/** families are all of them, in the order in which questions are asked. */
export const families: readonly Family[] = ['IPv4', 'IPv6'];

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const dotted = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** familyOf tells the family of an address, undefined for what is none. */
export function familyOf(address: string): Family | undefined {
  if (dotted.test(address)) return 'IPv4';
  return address.includes(':') && canonical(address) !== undefined ? 'IPv6' : undefined;
}

/**
 * canonical spells an address as RFC 5952 does (the form of the API server and of the kernel's own tools), or gives
 * undefined for what is no address. Zones (`%eth0`) are none of a Pod's address.
 */
export function canonical(address: string): string | undefined {
  if (dotted.test(address)) return address;
  if (address.length > 45 || !/^[0-9a-fA-F:.]+$/.test(address) || !address.includes(':')) return undefined;
  const url = `http://[${address}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

/** sameAddress compares two addresses by what they mean. */
export function sameAddress(one: string, other: string): boolean {
  return one === other || (canonical(one) ?? one) === (canonical(other) ?? other);
}

/** addressOf picks the first address of a family, canonical. */
export function addressOf(addresses: readonly string[], family: Family): string | undefined {
  const found = addresses.find((address) => familyOf(address) === family);
  return found === undefined ? undefined : canonical(found);
}

/** socketAddress prints an address with a port as people and kubectl do. */
export function socketAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
