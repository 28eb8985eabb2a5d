/** The node's own addresses and routes, by `ip`. */
import type { Family } from '../../checks/service-rules/address-set.ts';
import { type HostNetwork, readHost } from '../../checks/service-rules/host/host.ts';
import type { Means } from './means.ts';

/** ReadHost is the node's network, with the text of its addresses; or which command failed, and why. */
export type ReadHost =
  | { readonly ok: true; readonly network: HostNetwork; readonly addresses: string }
  | { readonly ok: false; readonly tool: string; readonly problem: string };

/** readHostNetwork asks for addresses, routes and rules; what is of a family that the Pod has not is not asked. */
export async function readHostNetwork(
  families: readonly Family[],
  means: Pick<Means, 'run'>,
): Promise<ReadHost> {
  const four = families.includes('IPv4');
  const six = families.includes('IPv6');
  const texts: Record<string, string> = {};
  const asked: readonly (readonly [string, readonly string[], boolean])[] = [
    ['addr', ['-j', 'addr'], true],
    ['route', ['-j', 'route'], four],
    ['rule', ['-j', 'rule'], four],
    ['route6', ['-j', '-6', 'route'], six],
    ['rule6', ['-j', '-6', 'rule'], six],
  ];
  for (const [name, args, wanted] of asked) {
    if (!wanted) continue;
    const ran = await means.run('ip', args);
    if (!ran.ok) return { ok: false, tool: `ip ${args.slice(1).join(' ')}`, problem: ran.problem };
    texts[name] = ran.text;
  }
  const { addr = '', route = '', rule = '', route6, rule6 } = texts;
  const network = readHost({
    addr,
    route,
    rule,
    ...(route6 === undefined ? {} : { route6 }),
    ...(rule6 === undefined ? {} : { rule6 }),
  });
  if (network === undefined) return { ok: false, tool: 'ip addr', problem: 'what it printed cannot be read' };
  return { ok: true, network, addresses: addr };
}
