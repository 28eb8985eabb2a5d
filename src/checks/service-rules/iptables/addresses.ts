/** Addresses as iptables writes them. A large cluster's rules have hundreds of thousands: IPv4 is read digit by digit. */
import { type AddressSet, boundOf, type Family, setOf } from '../address-set.ts';
import { addressText } from '../address-text.ts';
import type { Target } from '../model.ts';
import { portOf } from './numbers.ts';

const dot = 46;
const zero = 48;

/** quadOf reads the four numbers of `10.0.0.1` up to a place; -1 for what is not in canonical form. */
function quadOf(text: string, end: number): number {
  let sum = 0;
  let byte = 0;
  let digits = 0;
  let dots = 0;
  for (let place = 0; place < end; place += 1) {
    const code = text.charCodeAt(place);
    if (code === dot) {
      if (digits === 0 || dots === 3) return -1;
      sum = sum * 256 + byte;
      byte = 0;
      digits = 0;
      dots += 1;
    } else {
      if (code < zero || code > 57 || (digits > 0 && byte === 0)) return -1;
      byte = byte * 10 + code - zero;
      digits += 1;
      if (byte > 255) return -1;
    }
  }
  return digits === 0 || dots !== 3 ? -1 : sum * 256 + byte;
}

/** prefixOf reads `10.0.0.1/32`, `10.0.0.0/8`, `fd00::/64`; undefined for what is no prefix. */
export function prefixOf(family: Family, text: string): AddressSet | undefined {
  if (family === 'IPv4' && text.endsWith('/32')) {
    const address = quadOf(text, text.length - 3);
    if (address >= 0) return { family, bounds: [address, address + 1] };
  }
  return text.includes('-') ? undefined : setOf(family, text);
}

/** natTargetOf reads `10.0.0.1`, `10.0.0.1:80`, `:80`, `fd00::1` and `[fd00::1]:80`; ranges are undefined. */
export function natTargetOf(family: Family, text: string): Target | undefined {
  if (family === 'IPv6' && boundOf(family, text) !== undefined) return targetOf(family, text, undefined);
  const colon = text.lastIndexOf(':');
  const port = colon < 0 ? undefined : text.slice(colon + 1);
  const host = colon < 0 ? text : text.slice(0, colon);
  if (family === 'IPv4' || host === '') return targetOf(family, host, port);
  const bracketed = host.startsWith('[') && host.endsWith(']');
  return bracketed ? targetOf(family, host.slice(1, -1), port) : undefined;
}

function targetOf(family: Family, host: string, portText: string | undefined): Target | undefined {
  const port = portText === undefined ? undefined : portOf(portText);
  if (portText !== undefined && port === undefined) return undefined;
  if (host === '') return port === undefined ? undefined : { port };
  const address = canonical(family, host);
  if (address === undefined) return undefined;
  return port === undefined ? { address } : { address, port };
}

function canonical(family: Family, host: string): string | undefined {
  if (family === 'IPv4' && quadOf(host, host.length) >= 0) return host;
  const bound = boundOf(family, host);
  return bound === undefined ? undefined : addressText(bound);
}
