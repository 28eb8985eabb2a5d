/** What changed of DNS itself so lately that a failure may come from the change alone. */
import type { JudgeInput } from '../check.ts';
import type { ServiceView } from '../cluster-view.ts';
import { isAfter, isRestless } from './changes.ts';
import { type Opinion, seenText } from './opinion.ts';
import type { Look, Side } from './sides.ts';

/** settlingOf is the opinion on a failure that does not count yet, undefined for one that does. */
export function settlingOf({ api }: JudgeInput, side: Side, look: Look): Opinion | undefined {
  const { service } = side;
  const { cluster, settledTime, judgedTime } = api;
  const skipped = (message: string): Opinion => ({
    outcome: 'Skipped',
    reason: 'Settling',
    message: `${message}; seen: ${seenText(side, look)}`,
  });
  const node = api.settling.get(side.node);
  if (node !== undefined) return skipped(node);
  if (service === undefined) return undefined;
  const key = `${service.namespace}/${service.name}`;
  const removed = cluster.removedServices.get(key);
  const view = cluster.services.get(key);
  if (view === undefined) {
    return isAfter(removed, settledTime) ? skipped(`Service ${key} was removed at ${removed}`) : undefined;
  }
  const { path, address } = look.server;
  if (path === 'Endpoints') {
    const home = view.endpoints.find((each) => each.address === address)?.node;
    const gone = home === undefined ? undefined : api.gone.get(home);
    if (gone !== undefined) return { outcome: 'Skipped', reason: 'NodeGone', message: gone };
    if (!isChanged(view, address, settledTime)) return undefined;
  } else {
    // What kube-proxy leads to a replica that came or went may be lost for as long as it lags.
    if (look.answer?.kind === 'Wrong') return undefined;
    const any = [...view.endpointTimes.values()].some((time) => isAfter(time, settledTime));
    const planned = service.endpoints.some((each) => isChanged(view, each.address, settledTime));
    if (!planned && !any && !isAfter(view.changedTime, settledTime)) return undefined;
  }
  if (!isRestless(view, judgedTime))
    return skipped(`the endpoints of Service ${key} changed within the settle window`);
  return {
    outcome: 'Unknown',
    reason: 'SettlingTooLong',
    message: `the endpoints of Service ${key} have been changing since ${view.restlessSince}`,
  };
}

function isChanged(view: ServiceView, address: string, settledTime: Date): boolean {
  const now = view.endpoints.find((each) => each.address === address);
  return now === undefined || !now.ready || isAfter(view.endpointTimes.get(address), settledTime);
}
