/** Names of the DNS as the server writes them: lower case, with the final dot. Pure. */
import { isIPv6 } from 'node:net';

const LABEL = /^[-a-z0-9_]{1,63}$/;

/** isName tells whether a name may be written into an update: an API object's text never becomes a command. */
export function isName(name: string): boolean {
  if (name.length > 254 || !name.endsWith('.')) return false;
  return name
    .slice(0, -1)
    .split('.')
    .every((label) => LABEL.test(label));
}

/** absolute is a name with its final dot, in lower case. */
export function absolute(name: string): string {
  return `${name.toLowerCase().replace(/\.$/, '')}.`;
}

/** groups are the eight groups of an IPv6 address, each of four digits. */
function groups(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const parts = (text: string) => (text === '' ? [] : text.split(':'));
  const [first, last] = [parts(head), parts(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...last].map((group) =>
    group.padStart(4, '0'),
  );
}

/** reverseName is the name under which an address is looked up (RFC 1035 3.5, RFC 3596 2.5). */
export function reverseName(address: string): string {
  if (!isIPv6(address)) return `${address.split('.').reverse().join('.')}.in-addr.arpa.`;
  return `${[...groups(address.toLowerCase()).join('')].reverse().join('.')}.ip6.arpa.`;
}

/** reverseZone is the zone of all addresses of a range whose prefix ends at a label: a byte, or half of one in IPv6. */
export function reverseZone(range: string): string {
  const [address = '', length = ''] = range.split('/');
  const [bits, total] = isIPv6(address) ? [4, 32] : [8, 4];
  const kept = Number(length) / bits;
  if (!Number.isInteger(kept)) throw new Error(`No zone holds just the addresses of ${range}`);
  return reverseName(address)
    .split('.')
    .slice(total - kept)
    .join('.');
}

/** dashed is the label of an endpoint that has no hostname: its address with dashes, as CoreDNS writes it. */
export function dashed(address: string): string {
  return address.toLowerCase().replaceAll(/[.:]/g, '-');
}

/** zoneOf is the zone that a name belongs to: the longest one that it ends with. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
  const holding = zones.filter((zone) => name === zone || name.endsWith(`.${zone}`));
  return holding.sort((a, b) => b.length - a.length)[0];
}
