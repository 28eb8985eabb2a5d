/** When an audit is due: arithmetic on a five-field cron line in a time zone, as CronJob does it. Never throws. */
import { Cron } from 'croner';
import { plusSeconds } from './time.ts';

/** missedCap bounds how many missed due times are counted, so that a clock that jumps by years cannot hang the loop. */
export const missedCap = 100;

/** ScheduleProblem is a schedule that cannot work: the sentence is for `Ready=False InvalidSchedule`. */
export interface ScheduleProblem {
  readonly kind: 'Problem';
  readonly message: string;
}

/** Schedule answers when an audit is due. */
export interface Schedule {
  readonly kind: 'Schedule';
  /** lastDue is the most recent due time at or before `now`; undefined when there never was one. */
  lastDue(now: Date): Date | undefined;
  /** nextDue is the first due time after `now`; undefined when there is none. */
  nextDue(now: Date): Date | undefined;
}

/**
 * parseSchedule reads a cron line of five fields in an IANA time zone (`Etc/UTC` when none is given). One that is never
 * due (30 February) is a problem as well: nobody means that.
 * `?` means `*`, as in Kubernetes: croner would put the present minute there.
 */
export function parseSchedule(line: string, timeZone: string = 'Etc/UTC'): Schedule | ScheduleProblem {
  const fields = line.trim().split(/\s+/);
  if (fields.length !== 5 && !line.trim().startsWith('@')) {
    return problem(line, timeZone, `five fields are required, and it has ${fields.length}`);
  }
  if (timeZone === '') return problem(line, timeZone, 'the time zone is empty');
  try {
    const pattern = fields.map((field) => field.replaceAll('?', '*')).join(' ');
    const cron = new Cron(pattern, { mode: '5-part', paused: true, timezone: timeZone });
    // A zone is only looked at when a time is asked for. Years are no field: what is not due once never is.
    if (cron.nextRun(new Date(0)) === null) return problem(line, timeZone, 'there is no such date');
    return {
      kind: 'Schedule',
      lastDue: (now) => cron.previousRuns(1, justAfter(now))[0],
      nextDue: (now) => cron.nextRun(now) ?? undefined,
    };
  } catch (error) {
    return problem(line, timeZone, sentenceOf(error));
  }
}

/** Due is what a schedule asks for at one moment. */
export interface Due {
  /** time is the due time for which a run must be made now; undefined when there is none. */
  readonly time?: Date;
  /** missed counts the due times that no run was made for and none will be, at most `missedCap`. */
  missed(): number;
}

/**
 * dueSince tells which due time after `since` a run must be made for now: only the most recent one, and only if it
 * is not older than `startingDeadlineSeconds`.
 */
export function dueSince(schedule: Schedule, since: Date, now: Date, startingDeadlineSeconds?: number): Due {
  const last = schedule.lastDue(now);
  if (last === undefined || last <= since) return { missed: () => 0 };
  const late = startingDeadlineSeconds !== undefined && plusSeconds(last, startingDeadlineSeconds) < now;
  const earlier = () => countBefore(schedule, since, last);
  return late ? { missed: () => Math.min(earlier() + 1, missedCap) } : { time: last, missed: earlier };
}

/** countBefore counts the due times after `since` and before `until`, from the newest back, up to the cap. */
function countBefore(schedule: Schedule, since: Date, until: Date): number {
  let count = 0;
  let moment = schedule.lastDue(plusSeconds(until, -1));
  while (moment !== undefined && moment > since && count < missedCap) {
    count++;
    moment = schedule.lastDue(plusSeconds(moment, -1));
  }
  return count;
}

/** justAfter makes croner's exclusive bound inclusive: due times are whole seconds. */
function justAfter(now: Date): Date {
  return new Date(Math.floor(now.getTime() / 1000) * 1000 + 1000);
}

function problem(line: string, timeZone: string, why: string): ScheduleProblem {
  return {
    kind: 'Problem',
    message: `The schedule "${line.slice(0, 100)}" in time zone ${timeZone.slice(0, 64)} cannot be used: ${why}`,
  };
}

/** sentenceOf is croner's own sentence, bounded: it can quote the whole input twice. */
function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
