/** Replacing a packet's destination or source, which only chains of type nat do, and only once. */
import type { Action } from '../model.ts';
import type { Passage } from './passage.ts';
import type { State } from './state.ts';

/** translated gives the states behind a translation; undefined where it is not understood. */
export function translated(
  action: Action,
  state: State,
  trail: State['trail'],
  { base, around, redirectTo, read }: Passage,
  byKubeProxy: boolean,
): readonly State[] | undefined {
  if (base.type !== 'nat') return undefined;
  const first = base.hook === 'prerouting' || base.hook === 'output';
  if (action.action === 'masquerade' || action.action === 'snat') {
    return first ? undefined : [{ ...state, masqueraded: byKubeProxy ? 'by kube-proxy' : 'by another' }];
  }
  if (!first) return undefined;
  if (action.action === 'redirect') {
    const loopback = state.sources.family === 'IPv4' ? '127.0.0.1' : '::1';
    const address = around.fromNode ? loopback : redirectTo;
    return address === undefined ? undefined : sent(state, address, action.port, state.weight, trail, read);
  }
  if (action.action !== 'dnat') return undefined;
  const weight = state.weight / action.targets.length;
  const states: State[] = [];
  for (const { address, port } of action.targets) {
    const each = sent(state, address ?? state.address, port, weight, trail, read);
    if (each === undefined) return undefined;
    states.push(...each);
  }
  return states;
}

function sent(
  state: State,
  address: string,
  port: number | undefined,
  weight: number,
  trail: State['trail'],
  read: Passage['read'],
): readonly State[] | undefined {
  const destination = address === state.address ? state.destination : read(address);
  if (destination === undefined) return undefined;
  return [{ ...state, destination, address, port: port ?? state.port, translated: true, weight, trail }];
}
