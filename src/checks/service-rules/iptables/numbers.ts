/** Numbers as iptables writes them: ports, marks with their masks. */
import type { PortRange } from '../model.ts';

/** Marked is a mark with its mask, both 32 bits and unsigned. */
export interface Marked {
  readonly value: number;
  readonly mask: number;
}

/** allBits is a mask of all 32 bits. */
export const allBits = 0xffff_ffff;

/** portRangeOf reads `80` or `8000:8080`; undefined for anything else. */
export function portRangeOf(text: string): PortRange | undefined {
  const colon = text.indexOf(':');
  const first = portOf(colon < 0 ? text : text.slice(0, colon));
  const last = colon < 0 ? first : portOf(text.slice(colon + 1));
  return first === undefined || last === undefined || last < first ? undefined : [first, last];
}

/** portOf reads a port, 0 to 65535. */
export function portOf(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** markedOf reads `0x4000/0x4000` or `0x1`, which has all bits as its mask. */
export function markedOf(text: string): Marked | undefined {
  const slash = text.indexOf('/');
  const value = bitsOf(slash < 0 ? text : text.slice(0, slash));
  const mask = slash < 0 ? allBits : bitsOf(text.slice(slash + 1));
  return value === undefined || mask === undefined ? undefined : { value, mask };
}

function bitsOf(text: string): number | undefined {
  if (!/^(0x[0-9a-fA-F]{1,8}|\d{1,10})$/.test(text)) return undefined;
  const bits = Number(text);
  return bits <= allBits ? bits : undefined;
}
