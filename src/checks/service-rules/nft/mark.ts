/** Arithmetic on marks: what nftables writes as nested binary expressions is one `and` and one `xor` over the mark. */
import { isObject } from '../../shape.ts';
import { soleOf } from './json.ts';

/** Bits is a function of the mark: `(mark & and) ^ xor`. */
export interface Bits {
  readonly and: number;
  readonly xor: number;
}

const deepest = 16;

/** bitsOf reads an expression over `meta mark` and numbers; undefined for anything else. */
export function bitsOf(expression: unknown, depth = 0): Bits | undefined {
  if (typeof expression === 'number') return { and: 0, xor: expression >>> 0 };
  const [operator, operands] = soleOf(expression) ?? [];
  if (operator === 'meta') {
    return isObject(operands) && operands.key === 'mark' ? { and: 0xffffffff, xor: 0 } : undefined;
  }
  if (!Array.isArray(operands) || operands.length < 2 || depth > deepest) return undefined;
  let bits = bitsOf(operands[0], depth + 1);
  for (const operand of operands.slice(1)) {
    const other = bitsOf(operand, depth + 1);
    if (bits === undefined || other === undefined) return undefined;
    bits = combined(operator, bits, other);
  }
  return bits;
}

/** Of two, one must be a number: a mark with itself is not written by anybody. */
function combined(operator: unknown, one: Bits, other: Bits): Bits | undefined {
  const [{ and, xor }, number] = other.and === 0 ? [one, other.xor] : [other, one.xor];
  if (one.and !== 0 && other.and !== 0) return undefined;
  switch (operator) {
    case '&':
      return { and: (and & number) >>> 0, xor: (xor & number) >>> 0 };
    case '|':
      return { and: (and & ~number) >>> 0, xor: ((xor & ~number) | number) >>> 0 };
    case '^':
      return { and, xor: (xor ^ number) >>> 0 };
    default:
      return undefined;
  }
}
