/** Differences in words. */
import { type AddressSet, isFull } from '../address-set.ts';
import { peopleText } from '../address-text.ts';
import type { Destination, Entry, Outcome } from '../entry.ts';
import type { DifferenceReason, Origin } from './difference.ts';

/** Told is what a sentence is made of. */
export interface Told {
  readonly reason: DifferenceReason;
  readonly destination: Destination;
  readonly origins: readonly Origin[];
  readonly what: readonly string[];
  readonly sources: AddressSet;
  /** entry is the row that must be. */
  readonly entry?: Entry;
}

/** How many endpoints are named. */
const named = 4;

/** sentenceOf says a difference in a sentence without its full stop. */
export function sentenceOf(told: Told): string {
  return `${destinationName(told.destination)} ${predicate(told)}${packets(told)}`;
}

/** destinationName is how people write a destination. */
export function destinationName({ kind, address, protocol, port }: Destination): string {
  const name = address.includes(':') ? `[${address}]` : address;
  const transport = protocol.toUpperCase();
  switch (kind) {
    case 'Address':
      return `${name}:${port}/${transport}`;
    case 'OtherPorts':
      return `${name}, on ports of no Service,`;
    case 'NodePort':
      return `node port ${port}/${transport}`;
    case 'NodePortElsewhere':
      return `node port ${port}/${transport}, on other addresses of the node than its first,`;
    case 'NodePortLoopback':
      return `node port ${port}/${transport}, on 127.0.0.1,`;
  }
}

function predicate({ reason, what, entry }: Told): string {
  const endpoints = list(what);
  switch (reason) {
    case 'EndpointMissing':
      return `is not sent to ${endpoints}`;
    case 'EndpointStale':
      return `is sent to ${endpoints}, which the API does not have among its endpoints`;
    case 'EndpointWrong':
      return `is sent to ${list(what.filter((each) => !isWanted(each, entry)))}, and must be to ${list(wantedOf(entry))}`;
    case 'ServiceMissing':
    case 'NodePortMissing':
      return `has no rules, and must be sent to ${list(wantedOf(entry))}`;
    case 'ServiceStale':
    case 'NodePortStale':
      return `has rules${what.length === 0 ? '' : ` that send it to ${endpoints}`}, and no Service has it`;
    case 'UnevenShares':
      return `is not spread evenly: other shares than the rest go to ${endpoints}`;
    case 'RejectMissing':
      return `must be ${refusalOf(entry)}, and is not`;
    case 'RejectStale':
      return `is refused, and must be sent to ${list(wantedOf(entry))}`;
    case 'NotMasqueraded':
      return `is sent to ${endpoints} with its own source, which must be replaced by the node's`;
    case 'WronglyMasqueraded':
      return `is sent to ${endpoints} with the node's address in place of its own source`;
    case 'AffinityWrong':
      return `is not sent again to ${endpoints} ${affinityOf(entry)}`;
    case 'SourceRangesWrong':
      return 'lets through other sources than loadBalancerSourceRanges names';
    case 'PacketsTaken':
      return "is taken by a rule that is not kube-proxy's";
    case 'RuleNotUnderstood':
      return 'hangs on a rule that is not understood';
  }
}

function affinityOf(entry: Entry | undefined): string {
  const seconds = outcomesOf(entry).find(({ stickySeconds }) => stickySeconds !== undefined)?.stickySeconds;
  return seconds === undefined
    ? 'only as chance has it, and must be'
    : `for ${seconds} seconds, as sessionAffinity wants`;
}

function refusalOf(entry: Entry | undefined): string {
  if (entry === undefined) return 'refused as all unused ports of its address are';
  return outcomesOf(entry).some(({ kind }) => kind === 'Reject') ? 'rejected' : 'dropped';
}

/** Whose packets: nothing is said where it is all of them. */
function packets({ origins, sources }: Told): string {
  const entering = origins.includes('entering');
  if (!entering && !origins.includes('fromPods')) return ', for packets of the node itself';
  const pods = entering ? '' : " over Pods' interfaces";
  if (!isFull(sources)) return `, for packets${pods} from ${peopleText(sources)}`;
  if (!entering) return `, for packets${pods}`;
  return origins.includes('node') ? '' : ', for packets from Pods and from outside';
}

function isWanted(endpoint: string, entry: Entry | undefined): boolean {
  return outcomesOf(entry).some((outcome) => outcome.endpoint === endpoint);
}

function wantedOf(entry: Entry | undefined): readonly string[] {
  return [...new Set(outcomesOf(entry).flatMap(({ endpoint }) => (endpoint === '' ? [] : endpoint)))].sort();
}

function outcomesOf(entry: Entry | undefined): readonly Outcome[] {
  return entry === undefined ? [] : [...entry.entering, ...(entry.fromPods ?? []), ...entry.node];
}

function list(endpoints: readonly string[]): string {
  const more = endpoints.length > named ? ` and ${endpoints.length - named} more` : '';
  return `${endpoints.slice(0, named).join(', ')}${more}`;
}
