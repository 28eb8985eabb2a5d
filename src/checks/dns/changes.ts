/** What changed so lately, of what a name stands for, that the old and the new answer are both right. */
import type { ClusterView, ServiceView } from '../cluster-view.ts';
import type { Expected } from './expected.ts';

/** Known is what the API says, and when. */
export interface Known {
  readonly cluster: ClusterView;
  readonly settledTime: Date;
  readonly judgedTime: Date;
}

/** restlessMilliseconds is how long something may be settling before that is worth telling. */
const restlessMilliseconds = 15 * 60_000;

/** Changing is that an answer does not count, or that nobody can tell since nothing comes to rest. */
export interface Changing {
  readonly kind: 'Settling' | 'TooLong';
  readonly message: string;
}

/**
 * isRecent tells a record that may differ because it changed a moment ago. Something extra that no watch could have
 * dated may be a leftover of what went.
 */
export function isRecent(record: string, expected: Expected, { cluster, settledTime }: Known): boolean {
  const date = dateIn(expected, record);
  if (date !== '' || expected.records.has(record)) return isAfter(date, settledTime);
  return cluster.watchedSince === undefined || isAfter(cluster.watchedSince, settledTime);
}

/** dateIn is when what counts of a record last changed, '' where no watch saw it. */
export function dateIn(expected: Expected | undefined, record: string): string {
  return expected?.records.get(record) ?? expected?.dateOf(record) ?? '';
}

/** settlingOf says what changed so lately that the old and the new answer are both right. */
export function settlingOf(
  expected: Expected | undefined,
  { cluster, settledTime, judgedTime }: Known,
  recent: readonly string[],
): Changing | undefined {
  if (expected === undefined) return undefined;
  const { service, view } = expected;
  const removed = cluster.removedServices.get(service);
  if (view === undefined || isAfter(removed, settledTime)) {
    if (isAfter(removed, settledTime)) {
      return { kind: 'Settling', message: `Service ${service} was removed at ${removed}` };
    }
    if (recent.length === 0) return undefined;
    return {
      kind: 'Settling',
      message: `there is no Service ${service}, and when it went has not been watched`,
    };
  }
  const whole = isAfter(view.changedTime, settledTime);
  if (!whole && recent.length === 0) return undefined;
  if (isRestless(view, judgedTime)) {
    return {
      kind: 'TooLong',
      message: `Service ${service} has been changing since ${view.restlessSince} without a quiet moment`,
    };
  }
  return {
    kind: 'Settling',
    message: whole
      ? `Service ${service} changed at ${view.changedTime}`
      : `${recent.slice(0, 3).join(', ')} of Service ${service} changed within the settle window`,
  };
}

/** isRestless tells what has been changing for a quarter of an hour. */
export function isRestless({ restlessSince }: ServiceView, judgedTime: Date): boolean {
  return (
    restlessSince !== undefined && judgedTime.getTime() - Date.parse(restlessSince) > restlessMilliseconds
  );
}

/** isAfter tells a time of the API that is later than a moment; no time is not. */
export function isAfter(time: string | undefined, moment: Date): boolean {
  return time !== undefined && Date.parse(time) > moment.getTime();
}
