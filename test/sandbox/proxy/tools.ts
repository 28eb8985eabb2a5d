/** What a proxy's hands have in common: commands in the node's network namespace. */
import { run } from '../node/command.ts';
import type { Family } from '../service-kinds.ts';
import { COUNTERS } from './chains.ts';

/** enter: netlink needs no /sys of the namespace's own, which is what `ip netns exec` would mount first. */
export function enter(namespace: string, argv: string[]): string[] {
  return ['nsenter', `--net=/run/netns/${namespace}`, ...argv];
}

/** forgetFlows removes UDP flows from the connection tracker; none to be found is no error. */
export async function forgetFlows(
  namespace: string,
  family: Family,
  flows: readonly string[][],
): Promise<void> {
  for (const flow of flows)
    await run(enter(namespace, ['conntrack', '-D', '-f', family.toLowerCase(), '-p', 'udp', ...flow]));
}

/** addCounters makes the nfacct objects that rules count with; those that are there stay. */
export async function addCounters(namespace: string): Promise<void> {
  await Promise.all(COUNTERS.map((name) => run(enter(namespace, ['nfacct', 'add', name]))));
}
