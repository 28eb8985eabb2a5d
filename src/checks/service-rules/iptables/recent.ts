/** The match `recent`: kube-proxy remembers in its lists which clients were sent to which endpoint (ClientIP affinity). */

import type { Step } from '../model.ts';
import type { Extension } from './options.ts';

/** masks are those that stand for a whole address: clients are remembered one by one. */
const masks: ReadonlySet<string> = new Set(['255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']);

/** flags decide nothing more: `--reap` purges old entries, `--rsource` is the default. */
const flags: ReadonlySet<string> = new Set(['--reap', '--rsource']);

/** recentSteps understands `--set`, `--rcheck` and `--update` of a source; undefined for all else. */
export function recentSteps({ options }: Extension): readonly Step[] | undefined {
  let [list, command]: (string | undefined)[] = ['DEFAULT', undefined];
  let seconds: number | undefined;
  for (const { negated, name, values } of options) {
    const [value, more] = values;
    if (negated || more !== undefined) return undefined;
    if (value === undefined) {
      if (flags.has(name)) continue;
      if (command !== undefined || !/^--(set|rcheck|update)$/.test(name)) return undefined;
      command = name;
    } else if (name === '--name') list = value;
    else if (name === '--seconds' && /^\d{1,9}$/.test(value)) seconds = Number(value);
    else if (name !== '--mask' || !masks.has(value)) return undefined;
  }
  if (list === undefined) return undefined;
  if (command === '--set') return seconds === undefined ? [{ action: 'remember', list }] : undefined;
  if (command === undefined || seconds === undefined) return undefined;
  const remembered: Step = { match: 'remembered', list, seconds };
  return command === '--rcheck' ? [remembered] : [remembered, { action: 'remember', list }];
}
