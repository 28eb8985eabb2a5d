/** Reads a Corefile: server blocks of plugins, by the grammar of the Caddyfile. Hostile text is read, too: it never throws. */

/** Directive is a plugin, or a property in the block of one. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** line counts from 1. */
  readonly line: number;
  readonly block: readonly Directive[];
}

/** ServerBlock is what is served under its keys, or a snippet, whose one key is `(name)`. */
export interface ServerBlock {
  readonly keys: readonly string[];
  readonly line: number;
  readonly directives: readonly Directive[];
}

/** ParsedCorefile is what could be read, and the lines that could not. */
export interface ParsedCorefile {
  readonly blocks: readonly ServerBlock[];
  readonly problems: readonly { readonly line: number; readonly why: string }[];
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly quoted: boolean;
}

/** deepest is how deep blocks may be nested; CoreDNS itself needs two levels. */
const deepest = 8;

/** parseCorefile reads a whole file. */
export function parseCorefile(text: string): ParsedCorefile {
  const problems: { line: number; why: string }[] = [];
  const lines = linesOf(text, problems);
  const blocks: ServerBlock[] = [];
  let at = 0;
  const readBlock = (depth: number): readonly Directive[] => {
    const found: Directive[] = [];
    while (at < lines.length) {
      const line = lines[at] ?? [];
      const [first] = line;
      at += 1;
      if (first === undefined) continue;
      if (isBrace(first, '}')) {
        if (line.length > 1) problems.push({ line: first.line, why: 'something follows a closing brace' });
        return found;
      }
      const last = line.at(-1);
      const opens = last !== undefined && line.length > 1 && isBrace(last, '{');
      const words = opens ? line.slice(0, -1) : line;
      const stray = words.find((token) => isBrace(token, '{') || isBrace(token, '}'));
      if (stray !== undefined) problems.push({ line: stray.line, why: 'a brace stands where none can' });
      if (opens && depth >= deepest) problems.push({ line: first.line, why: 'blocks are nested too deep' });
      const block = opens && depth < deepest ? readBlock(depth + 1) : [];
      const args = words.slice(1).map(({ text: word }) => word);
      found.push({ name: first.text, args, line: first.line, block });
    }
    if (depth > 0) problems.push({ line: lines.at(-1)?.[0]?.line ?? 1, why: 'a block is not closed' });
    return found;
  };
  while (at < lines.length) {
    const keys: Token[] = [];
    let opens = false;
    while (at < lines.length && !opens) {
      const line = lines[at] ?? [];
      at += 1;
      const last = line.at(-1);
      opens = last !== undefined && isBrace(last, '{');
      keys.push(...(opens ? line.slice(0, -1) : line));
      if (!opens && last?.text.endsWith(',') !== true) break;
    }
    const [first] = keys;
    const line = first?.line ?? lines[at - 1]?.[0]?.line ?? 1;
    const stray = keys.find((token) => isBrace(token, '}') || isBrace(token, '{'));
    if (stray !== undefined) {
      problems.push({ line: stray.line, why: 'a brace stands where none can' });
      continue;
    }
    if (first === undefined) problems.push({ line, why: 'a block has no name' });
    const names = keys.flatMap(({ text: word }) => word.split(',').filter((each) => each !== ''));
    if (!opens && first?.text === 'import') {
      blocks.push({
        keys: [],
        line,
        directives: [{ name: 'import', args: names.slice(1), line, block: [] }],
      });
      continue;
    }
    // A file of one server block may do without braces.
    const directives = readBlock(opens ? 1 : 0);
    blocks.push({ keys: names, line, directives });
  }
  return { blocks, problems };
}

function isBrace({ text, quoted }: Token, brace: '{' | '}'): boolean {
  return text === brace && !quoted;
}

/** linesOf splits into words by line; a word in quotes may hold blanks and go over several lines. */
function linesOf(text: string, problems: { line: number; why: string }[]): readonly (readonly Token[])[] {
  const lines: Token[][] = [];
  let line = 1;
  let current: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const unit = text[at] ?? '';
    if (unit === '\n') {
      if (current.length > 0) lines.push(current);
      current = [];
      line += 1;
      at += 1;
    } else if (/\s/.test(unit)) {
      at += 1;
    } else if (unit === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (unit === '"') {
      const word = quotedAt(text, at);
      if (!word.closed) problems.push({ line, why: 'a quote is not closed' });
      current.push({ text: word.text, line, quoted: true });
      line += word.text.split('\n').length - 1;
      at = word.end;
    } else {
      let end = at;
      while (end < text.length && !/\s/.test(text[end] ?? '')) end += 1;
      current.push({ text: text.slice(at, end), line, quoted: false });
      at = end;
    }
  }
  if (current.length > 0) lines.push(current);
  return lines;
}

function quotedAt(text: string, from: number): { text: string; end: number; closed: boolean } {
  const parts: string[] = [];
  for (let at = from + 1; at < text.length; at += 1) {
    const unit = text[at] ?? '';
    if (unit === '\\' && text[at + 1] === '"') {
      parts.push('"');
      at += 1;
    } else if (unit === '"') {
      return { text: parts.join(''), end: at + 1, closed: true };
    } else {
      parts.push(unit);
    }
  }
  return { text: parts.join(''), end: text.length, closed: false };
}
