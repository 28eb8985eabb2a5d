/**
 * A resolv.conf, as glibc and BIND read it (resolv.conf(5)): keywords stand at the beginning of a line, the last of
 * `search` and `domain` wins, lines of `options` add up, and what is not understood is left out without a word.
 */
import { canonical } from '../pod-to-pod/addresses.ts';

/** ResolvConf is what a resolver does with names. */
export interface ResolvConf {
  /**
   * nameservers are the first three, in order, in canonical form, IPv6 with its scope where it has one. When there are
   * none a resolver asks the machine itself.
   */
  readonly nameservers: readonly string[];
  /** search are the suffixes to try, in lower case without final dots (`.` alone is the root). */
  readonly search: readonly string[];
  /** ndots is how many dots a name must have to be asked as it is before it is asked with the suffixes. */
  readonly ndots: number;
  /** options are all of them as they are written, one for each name: the last. */
  readonly options: readonly string[];
}

/** maxNameservers is MAXNS of resolv.h. */
export const maxNameservers = 3;

/** maxSearch and maxSearchCharacters are what Kubernetes lets into the file of a Pod. */
export const maxSearch = 32;
export const maxSearchCharacters = 2048;

/** maxOptions bounds the options that are kept; resolv.conf(5) knows fewer. */
const maxOptions = 32;

/** maxFile bounds how much of a file is read, in characters: far more than the kubelet writes. */
const maxFile = 65_536;

/** parseResolvConf reads a file. Of one that is larger than any real one only the beginning counts. It never throws. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let search: readonly string[] = [];
  const options = new Map<string, string>();
  for (const line of text.slice(0, maxFile).split('\n')) {
    // Only at the very beginning of a line is ; or # a comment: a keyword never begins with them.
    const [, keyword, rest = ''] = /^(nameserver|search|domain|options)[ \t]+([^\n]*)$/.exec(line) ?? [];
    const words = rest.split(/[ \t\r]+/).filter((word) => word !== '');
    if (keyword === 'nameserver') {
      const server = serverOf(words[0] ?? '');
      if (server !== undefined && nameservers.length < maxNameservers) nameservers.push(server);
    } else if (keyword === 'options') {
      for (const option of words) keepOption(options, option);
    } else if (keyword !== undefined && words.length > 0) {
      search = suffixesOf(keyword === 'domain' ? words.slice(0, 1) : words);
    }
  }
  return { nameservers, search, ndots: ndotsOf(options.get('ndots')), options: [...options.values()] };
}

/** serverOf spells an address, and keeps the zone that a link-local one has. */
function serverOf(word: string): string | undefined {
  const [, address = '', zone = ''] = /^([^%]{1,45})(%[\w.-]{1,15})?$/.exec(word) ?? [];
  const server = canonical(address);
  return server === undefined || (zone !== '' && !server.includes(':')) ? undefined : `${server}${zone}`;
}

function suffixesOf(words: readonly string[]): readonly string[] {
  const suffixes: string[] = [];
  let characters = 0;
  for (const word of words.slice(0, maxSearch)) {
    const suffix = (word.length > 1 && word.endsWith('.') ? word.slice(0, -1) : word).toLowerCase();
    characters += suffix.length + 1;
    if (characters > maxSearchCharacters) break;
    // The kubelet leaves out what is too long for a name, and so does the resolver.
    if (suffix.length <= 253) suffixes.push(suffix);
  }
  return suffixes;
}

function keepOption(options: Map<string, string>, option: string): void {
  const [name = ''] = option.split(':', 1);
  if (option.length > 64 || (options.size >= maxOptions && !options.has(name))) return;
  options.set(name, option);
}

/** ndotsOf reads the option as atoi does, and clamps it to RES_MAXNDOTS. */
function ndotsOf(option: string | undefined): number {
  if (option === undefined) return 1;
  const [, digits = '0'] = /^ndots:(\d+)/.exec(option) ?? [];
  return Math.min(Number(digits), 15);
}
