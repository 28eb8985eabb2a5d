/** Ranges of addresses, changed a little. */
import { addressOf, addressText, rangeOf } from '../support/packets/addresses.ts';

function family(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4;
}

/** nextAddress is the address behind it. */
export function nextAddress(text: string): string {
  return addressText(addressOf(text) + 1n, family(text));
}

/** shifted is the range of the same size behind it. */
export function shifted(range: string): string {
  const [, length] = range.split('/');
  const [, last] = rangeOf(range);
  return `${addressText(last + 1n, family(range))}/${length ?? (family(range) === 4 ? 32 : 128)}`;
}

/** resized are the ranges of half and of double its size that begin about where it does. */
export function resized(range: string): readonly string[] {
  const [base = '', text] = range.split('/');
  const most = family(range) === 4 ? 32 : 128;
  const length = Number(text ?? most);
  return [length - 1, length + 1]
    .filter((each) => each >= 0 && each <= most)
    .map((each) => `${addressText(rangeOf(`${base}/${each}`)[0], family(range))}/${each}`);
}

/** borders are the first and last addresses of a range, and those around it. */
export function borders(range: string): readonly string[] {
  const [first, last] = rangeOf(range);
  const all = [first - 1n, first, last, last + 1n].filter((address) => address > 0n);
  return [...new Set(all)].map((address) => addressText(address, family(range)));
}

/** ends are the first and the last address of a range. */
export function ends(range: string): readonly string[] {
  const [first, last] = rangeOf(range);
  return [...new Set([first, last])].map((address) => addressText(address, family(range)));
}
