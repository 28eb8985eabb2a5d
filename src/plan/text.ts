/** Text for people, bounded as the API's schemas bound it. */

/**
 * cut shortens a text to at most so many UTF-16 units, with an ellipsis, and never in the middle of a character. It is
 * what every text of ours goes through that others may have had a hand in: see `plain`.
 */
export function cut(raw: string, longest: number): string {
  const text = plain(raw);
  if (text.length <= longest) return text;
  const kept = text.slice(0, longest - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/** plain leaves a text on one line, and without what moves a terminal's cursor or turns the reading direction. */
export function plain(text: string): string {
  return text
    .replace(/[\s\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD');
}

/** compare orders by code units: the same everywhere, whatever the locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** plural is a count with its noun: `1 node`, `2 nodes`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** mostFrequent is the word that is there most often, the first of the alphabet where several are, empty where none is. */
export function mostFrequent(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || compare(a, b))[0]?.[0] ?? '';
}
