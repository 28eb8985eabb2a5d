/** `nft list ruleset` as tests compare it. Pure. */

/** Listed is kube-proxy's table: rules by chain, heads included, and elements by set, sorted. */
export interface Listed {
  chains: Record<string, string[]>;
  sets: Record<string, { body: string[]; elements: string[] }>;
}

/** elementsOf parts a list of elements: none holds a comma of its own, except in a comment. */
function elementsOf(text: string): string[] {
  return text
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map((part) => part.trim().replace(/ expires \S+/, ''))
    .filter((part) => part !== '')
    .sort();
}

/** listedTable reads one table of a listing; undefined where it is not there. */
export function listedTable(
  text: string,
  family: 'ip' | 'ip6' | 'inet',
  table = 'kube-proxy',
): Listed | undefined {
  const from = `\n${text}`.indexOf(`\ntable ${family} ${table} {\n`);
  if (from < 0) return undefined;
  const own = text.slice(from, text.indexOf('\n}', from));
  const listed: Listed = { chains: {}, sets: {} };
  for (const [, kind, name = '', inside = ''] of own.matchAll(
    /^\t(chain|set|map) (\S+) \{\n([\s\S]*?)^\t\}/gm,
  )) {
    const [body = '', elements = ''] = inside.split(/^\t\telements = \{/m);
    const lines = body.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    if (kind === 'chain') listed.chains[name] = lines;
    else listed.sets[name] = { body: lines, elements: elementsOf(elements.replace(/\}\s*$/, '')) };
  }
  return listed;
}
