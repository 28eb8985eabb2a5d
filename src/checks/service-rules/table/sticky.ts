/** Which endpoints a source is sent to again. */
import { type AddressSet, difference, emptySet, intersection, isEmpty, union } from '../address-set.ts';
import type { End } from '../trace/trace.ts';

/** StickyEnd is an end of packets of sources that are on no list, with how long they will be sent there again. */
export interface StickyEnd {
  readonly end: End;
  readonly sources: AddressSet;
  readonly stickySeconds: number | undefined;
}

/** stickyEnds looks, for each endpoint that puts sources on a list, where sources on that list alone are sent first. */
export function stickyEnds(ends: readonly End[]): readonly StickyEnd[] {
  const byList = new Map<string, End[]>();
  for (const end of ends) {
    if (end.on === undefined) continue;
    const list = byList.get(end.on.list);
    if (list === undefined) byList.set(end.on.list, [end]);
    else list.push(end);
  }
  const sticky: StickyEnd[] = [];
  for (const end of ends) {
    if (end.on !== undefined) continue;
    if (end.kind !== 'Endpoint' || end.put === undefined || byList.size === 0) {
      sticky.push({ end, sources: end.sources, stickySeconds: undefined });
    } else stickyParts(end, byList, sticky);
  }
  return sticky;
}

function stickyParts(end: End, byList: ReadonlyMap<string, readonly End[]>, sticky: StickyEnd[]): void {
  let rest = end.sources;
  for (let link = end.put; link !== undefined && !isEmpty(rest); link = link.before) {
    const listed = byList.get(link.value);
    if (listed === undefined) continue;
    let before: number | undefined;
    let again = rest;
    for (const seconds of times(listed)) {
      const now = intersection(again, sentTo(end, listed, seconds));
      if (before !== undefined) push(sticky, end, difference(again, now), before);
      before = seconds;
      again = now;
      rest = difference(rest, now);
      if (isEmpty(now)) break;
    }
    if (before !== undefined) push(sticky, end, again, before);
  }
  if (!isEmpty(rest)) sticky.push({ end, sources: rest, stickySeconds: undefined });
}

/** The sources that are sent to the same endpoint, all of their packets, with the source that they had before. */
function sentTo(first: End, listed: readonly End[], seconds: number): AddressSet {
  const { address, port, masqueraded } = first;
  let sent = emptySet(first.sources.family);
  for (const end of listed) {
    const there = end.kind === 'Endpoint' && end.address === address && end.port === port;
    const same = there && end.masqueraded === masqueraded;
    if (same && end.on?.seconds === seconds && end.weight > 1 - 1e-6) sent = union(sent, end.sources);
  }
  return sent;
}

function times(listed: readonly End[]): readonly number[] {
  return [...new Set(listed.flatMap(({ on }) => (on === undefined ? [] : [on.seconds])))].sort(
    (one, other) => one - other,
  );
}

function push(sticky: StickyEnd[], end: End, sources: AddressSet, stickySeconds: number): void {
  if (!isEmpty(sources)) sticky.push({ end, sources, stickySeconds });
}
