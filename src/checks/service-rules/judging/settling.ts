/**
 * Which differences may come of what changed so lately that the old and the new rules are both right. Everything is dated
 * apart: a Service by its own last change, its endpoints each by theirs, and what a node has beyond what the API shows by
 * when the API ceased to show it. So one that stands still is found by what changed earlier, however much changes now.
 */
import type { ApiView } from '../../check.ts';
import { type ServiceView, servicePortKey } from '../../cluster-view.ts';
import { isAfter, isRestless } from '../../dns/changes.ts';
import type { Difference, DifferenceReason } from '../difference/difference.ts';
import type { Destination, Entry } from '../entry.ts';
import type { ExpectedRow } from '../expected/row.ts';
import { addressOfSocket } from '../expected/sockets.ts';

/** Known is what the API says, and when. */
export type Known = Pick<ApiView, 'cluster' | 'settledTime' | 'judgedTime'>;

/** Weighed is what is left of a difference: all, some of its endpoints, or nothing that counts yet. */
export type Weighed =
  | { readonly kind: 'Counts'; readonly what: readonly string[] }
  | { readonly kind: 'Settling' | 'TooLong'; readonly message: string };

/** These say something of the Service's own fields alone, whatever its endpoints are. */
const ofServiceAlone: ReadonlySet<DifferenceReason> = new Set([
  'AffinityWrong',
  'SourceRangesWrong',
  'NotMasqueraded',
  'WronglyMasqueraded',
  'PacketsTaken',
  'RuleNotUnderstood',
]);

/** weigh tells what of a difference counts. */
export function weigh(difference: Difference, expected: ExpectedRow | undefined, known: Known): Weighed {
  const { cluster, settledTime } = known;
  const name = difference.service ?? expected?.service ?? '';
  const view = cluster.services.get(name);
  if (expected === undefined || view === undefined) {
    const extra = settlingOfExtra(difference.destination, known);
    if (extra !== undefined) return { kind: 'Settling', message: extra };
    if (view === undefined) return { kind: 'Counts', what: difference.what };
  }
  const contested = settlingOfClaims(expected, difference.destination, known);
  if (contested !== undefined) return contested;
  if (isAfter(view.changedTime, settledTime)) {
    return changing(view, `Service ${name} changed at ${view.changedTime}`, known);
  }
  const recent = recentOf(view, settledTime);
  if (difference.what.length === 0) {
    if (recent.size === 0 || !hangsOnEndpoints(difference, expected, view, recent)) {
      return { kind: 'Counts', what: [] };
    }
    return changing(view, `endpoints of Service ${name} changed: ${some([...recent])}`, known);
  }
  if (recent.size > 0 && choosesAmong(view, recent)) {
    return changing(view, `endpoints of Service ${name} changed: ${some([...recent])}`, known);
  }
  const what = difference.what.filter((endpoint) => !isRecent(endpoint, view, known));
  if (what.length > 0) return { kind: 'Counts', what };
  return changing(
    view,
    `${some(difference.what)} of Service ${name} changed within the settle window`,
    known,
  );
}

/** settlingOfClaims says why a node may still serve a destination for another Service that claims it, or did. */
function settlingOfClaims(
  expected: ExpectedRow | undefined,
  { address, port, protocol }: Destination,
  known: Known,
): Weighed | undefined {
  const { cluster, settledTime } = known;
  for (const name of expected?.claimants ?? []) {
    const view = cluster.services.get(name);
    if (view !== undefined && hasChanged(view, settledTime)) {
      return changing(view, `Service ${name}, which claims the same, changed`, known);
    }
  }
  const ended = cluster.formerPorts.get(servicePortKey(address, protocol, port));
  if (ended === undefined || !isAfter(ended, settledTime)) return undefined;
  return { kind: 'Settling', message: `${address} was another Service's, too, until ${ended}` };
}

/** hasChanged tells whether a Service or an endpoint of it changed since the window began. */
export function hasChanged(view: ServiceView, settledTime: Date): boolean {
  return isAfter(view.changedTime, settledTime) || recentOf(view, settledTime).size > 0;
}

function changing(view: ServiceView, message: string, { judgedTime }: Known): Weighed {
  if (!isRestless(view, judgedTime)) return { kind: 'Settling', message };
  const name = `${view.namespace}/${view.name}`;
  return {
    kind: 'TooLong',
    message: `Service ${name} has been changing since ${view.restlessSince} without a quiet moment`,
  };
}

/** settlingOfExtra says why a destination that the API does not show may still be there. */
function settlingOfExtra(destination: Destination, { cluster, settledTime }: Known): string | undefined {
  const { address, port, protocol } = destination;
  const ended = cluster.formerPorts.get(servicePortKey(address, protocol, port));
  const named = `${address === '' ? 'node port' : address} ${protocol.toUpperCase()} ${port}`;
  if (ended !== undefined) {
    return isAfter(ended, settledTime) ? `${named} was a Service's until ${ended}` : undefined;
  }
  return isWatched({ cluster, settledTime })
    ? undefined
    : `${named} is no Service's, and when it ceased to be has not been watched`;
}

/** A deletion leaves no trace: what the API never showed counts only if it has been watched since before the window. */
function isWatched({ cluster, settledTime }: Pick<Known, 'cluster' | 'settledTime'>): boolean {
  return cluster.watchedSince !== undefined && !isAfter(cluster.watchedSince, settledTime);
}

function isRecent(endpoint: string, view: ServiceView, known: Known): boolean {
  const address = addressOfSocket(endpoint);
  const time = view.endpointTimes.get(address);
  if (time !== undefined) return isAfter(time, known.settledTime);
  return !view.endpoints.some((each) => each.address === address) && !isWatched(known);
}

/** recentOf are the addresses of endpoints of a Service that changed since the window began. */
export function recentOf({ endpointTimes }: ServiceView, settledTime: Date): ReadonlySet<string> {
  const recent = new Set<string>();
  for (const [address, time] of endpointTimes) if (isAfter(time, settledTime)) recent.add(address);
  return recent;
}

/**
 * choosesAmong tells a Service of which one endpoint's coming or going decides over others: by hints, all of which must
 * be there, and where terminating ones serve as long as none is ready (pkg/proxy/topology.go).
 */
function choosesAmong(view: ServiceView, recent: ReadonlySet<string>): boolean {
  const { endpoints, externalLocal, internalLocal } = view;
  if (endpoints.some(({ nodeHints, zoneHints }) => zoneHints !== undefined || nodeHints !== undefined))
    return true;
  if (!endpoints.some(({ terminating }) => terminating)) return false;
  // Of policies Local each node has endpoints of its own to fall back from.
  return (
    externalLocal || internalLocal || !endpoints.some(({ address, ready }) => ready && !recent.has(address))
  );
}

/**
 * hangsOnEndpoints tells a difference about all packets alike that may be of endpoints that changed: unless one that did
 * not change must get packets, there may have been others a moment ago, or none.
 */
function hangsOnEndpoints(
  { reason }: Difference,
  expected: ExpectedRow | undefined,
  view: ServiceView,
  recent: ReadonlySet<string>,
): boolean {
  if (ofServiceAlone.has(reason)) return false;
  if (reason === 'UnevenShares' || expected === undefined || choosesAmong(view, recent)) return true;
  return !endpointsOf(expected.entry).some((endpoint) => !recent.has(addressOfSocket(endpoint)));
}

function endpointsOf({ entering, fromPods = [], node }: Entry): readonly string[] {
  return [...entering, ...fromPods, ...node].flatMap(({ endpoint, kind }) =>
    kind === 'Endpoint' ? [endpoint] : [],
  );
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}
