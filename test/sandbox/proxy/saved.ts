/** iptables-save output as tests compare it. Pure. */

/** savedChains are the rules of every chain, by "table CHAIN", as iptables-save prints them behind `-A CHAIN`. */
export function savedChains(saved: string): Record<string, string[]> {
  const chains: Record<string, string[]> = {};
  let table = '';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const [, made] = /^:(\S+)/.exec(line) ?? [];
    if (made !== undefined) chains[`${table} ${made}`] = [];
    const [, chain, rule = ''] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    if (chain !== undefined) chains[`${table} ${chain}`]?.push(rule);
  }
  return chains;
}
