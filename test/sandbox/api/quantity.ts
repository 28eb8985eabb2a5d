/** Quantities (k8s.io/apimachinery/pkg/api/resource) as exact numbers of thousandths. */

const binary: Record<string, bigint> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const decimal: [suffix: string, exponent: number][] = [
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
];
const form = /^([+-]?)(\d*)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|[KMGTPE]i|[eE][+-]?\d+)?$/;

interface Parsed {
  nano: bigint;
  suffix: string;
}

function parse(text: string): Parsed | undefined {
  const [, sign, whole = '', fraction = '', suffix = ''] = form.exec(text) ?? [];
  if (sign === undefined || (whole === '' && fraction === '')) return undefined;
  const shift = binary[suffix];
  const power =
    /^[eE]/.test(suffix) && suffix.length > 1
      ? Number(suffix.slice(1))
      : decimal.find(([s]) => s === suffix)?.[1];
  let nano = BigInt(`${whole}${fraction}` || '0');
  const scale = 9 - fraction.length + (power ?? 0);
  if (Math.abs(scale) > 60) return undefined;
  if (shift) nano <<= shift;
  if (scale >= 0) nano *= 10n ** BigInt(scale);
  else nano = ceilDivide(nano, 10n ** BigInt(-scale));
  return { nano: sign === '-' ? -nano : nano, suffix };
}

function ceilDivide(value: bigint, by: bigint): bigint {
  return value % by === 0n ? value / by : value / by + 1n;
}

/** quantityNano is the value in units of 10^-9, or undefined where the text is no quantity. */
export function quantityNano(text: string): bigint | undefined {
  return parse(text)?.nano;
}

/** canonicalQuantity writes a quantity as the server does ("0.5" is "500m"), or answers undefined. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text);
  if (!parsed) return undefined;
  if (Object.hasOwn(binary, parsed.suffix)) return canonicalBinary(parsed.nano) ?? formatDecimal(parsed.nano);
  return formatDecimal(parsed.nano);
}

function canonicalBinary(nano: bigint): string | undefined {
  const unit = 10n ** 9n;
  if (nano % unit !== 0n) return undefined;
  const value = nano / unit;
  const fits = Object.entries(binary).filter(([, shift]) => value !== 0n && value % (1n << shift) === 0n);
  const best = fits.at(-1);
  return best ? `${value >> best[1]}${best[0]}` : String(value);
}

/** formatDecimal writes 10^-9 units with the largest decimal suffix that leaves no fraction. */
export function formatDecimal(nano: bigint): string {
  if (nano === 0n) return '0';
  let best = 'n';
  let shown = nano;
  for (const [suffix, exponent] of decimal) {
    const unit = 10n ** BigInt(exponent + 9);
    if (nano % unit === 0n) {
      best = suffix;
      shown = nano / unit;
    }
  }
  return `${shown}${best}`;
}
