import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dueSince, missedCap, parseSchedule, type Schedule } from '../../src/plan/schedule.ts';

function schedule(line: string, timeZone?: string): Schedule {
  const parsed = parseSchedule(line, timeZone);
  if (parsed.kind === 'Problem') throw new Error(parsed.message);
  return parsed;
}

function date(text: string): Date {
  return new Date(text);
}

describe('a schedule', () => {
  it('is due at its minute and not a moment earlier', () => {
    const tens = schedule('*/10 * * * *');
    assert.deepEqual(tens.lastDue(date('2026-11-24T10:00:00Z')), date('2026-11-24T10:00:00Z'));
    assert.deepEqual(tens.lastDue(date('2026-11-24T09:59:59.999Z')), date('2026-11-24T09:50:00Z'));
    assert.deepEqual(tens.nextDue(date('2026-11-24T10:00:00Z')), date('2026-11-24T10:10:00Z'));
    assert.deepEqual(tens.nextDue(date('2026-11-24T09:59:59.999Z')), date('2026-11-24T10:00:00Z'));
  });

  it('is meant in its time zone, also where the clocks change', () => {
    const night = schedule('30 2 * * *', 'Europe/Amsterdam');
    assert.deepEqual(night.nextDue(date('2026-07-01T12:00:00Z')), date('2026-07-02T00:30:00Z'));
    assert.deepEqual(night.nextDue(date('2026-12-01T12:00:00Z')), date('2026-12-02T01:30:00Z'));
    assert.deepEqual(night.nextDue(date('2026-03-29T00:00:00Z')), date('2026-03-29T01:00:00Z'));
    assert.deepEqual(night.nextDue(date('2026-10-24T23:00:00Z')), date('2026-10-25T00:30:00Z'));
    assert.deepEqual(night.nextDue(date('2026-10-25T00:30:00Z')), date('2026-10-26T01:30:00Z'));
  });

  it('is in UTC without a time zone, wherever the operator runs', () => {
    assert.deepEqual(
      schedule('0 3 * * *').nextDue(date('2026-07-01T12:00:00Z')),
      date('2026-07-02T03:00:00Z'),
    );
  });

  it('reads ? as *, as Kubernetes does', () => {
    const now = date('2026-11-24T10:00:30Z');
    assert.deepEqual(schedule('? 3 ? * ?').nextDue(now), schedule('* 3 * * *').nextDue(now));
  });

  it('that is due only in leap years is a schedule', () => {
    const leap = schedule('0 0 29 2 *');
    assert.deepEqual(leap.nextDue(date('2026-11-24T10:00:00Z')), date('2028-02-29T00:00:00Z'));
  });

  for (const [name, line, zone, sentence] of [
    ['has too few fields', '* * * *', undefined, /five fields are required, and it has 4/],
    ['has seconds, too', '0 0 0 * * *', undefined, /five fields are required, and it has 6/],
    ['is a date', '2026-01-01T00:00:00', undefined, /five fields/],
    ['is empty', '', undefined, /five fields/],
    [
      'is never due',
      '0 0 30 2 *',
      'Europe/Amsterdam',
      /"0 0 30 2 \*" .* cannot be used: there is no such date$/,
    ],
    ['has a minute too many', '61 * * * *', undefined, /Invalid value for minute: 61/],
    ['is in another script', '十 * * * *', undefined, /illegal characters/],
    ['waits for a start', '@reboot', undefined, /@reboot is not supported/],
    ['has a zone that does not exist', '* * * * *', 'Mars/Olympus', /Mars\/Olympus/],
    ['has an empty zone', '* * * * *', '', /the time zone is empty/],
  ] as const) {
    it(`that ${name} is a problem with a sentence`, () => {
      const parsed = parseSchedule(line, zone);
      assert.match(parsed.kind === 'Problem' ? parsed.message : '', sentence);
    });
  }

  it('never throws and never grows a message, whatever is written into it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.string({ maxLength: 80 }),
        (line, zone) => {
          const parsed = parseSchedule(line, zone);
          if (parsed.kind === 'Problem') assert.ok(parsed.message.length < 1024);
          else parsed.nextDue(date('2026-11-24T10:00:00Z'));
        },
      ),
    );
  });
});

describe('what is due', () => {
  const tens = schedule('*/10 * * * *');

  for (const [name, since, now, deadline, want] of [
    ['nothing before the first due time', '09:51:00', '09:59:59', undefined, { missed: 0 }],
    ['the due time that just passed', '09:51:00', '10:00:00', undefined, { time: '10:00:00', missed: 0 }],
    ['nothing when that had its run', '10:00:00', '10:05:00', undefined, { missed: 0 }],
    [
      'the most recent of several, with those before it missed',
      '09:30:00',
      '10:05:00',
      undefined,
      { time: '10:00:00', missed: 2 },
    ],
    ['one that is just not too late', '09:51:00', '10:00:30', 30, { time: '10:00:00', missed: 0 }],
    ['nothing when all are too late', '09:30:00', '10:00:31', 30, { missed: 3 }],
  ] as const) {
    it(`is ${name}`, () => {
      const day = '2026-11-24T';
      const due = dueSince(tens, date(`${day}${since}Z`), date(`${day}${now}Z`), deadline);
      const found = { time: due.time?.toISOString().slice(11, 19), missed: due.missed() };
      assert.deepEqual(found, { time: undefined, ...want });
    });
  }

  it('is counted up to a cap, so that a clock that jumps by years hangs nothing', () => {
    const minutes = schedule('* * * * *');
    const due = dueSince(minutes, date('1970-01-01T00:00:00Z'), date('2026-11-24T10:00:00Z'), 10);
    assert.equal(due.missed(), missedCap);
    assert.deepEqual(due.time, date('2026-11-24T10:00:00Z'));
  });

  it('is nothing when the clock went back', () => {
    assert.equal(dueSince(tens, date('2026-11-24T10:00:00Z'), date('2025-01-01T00:00:00Z')).time, undefined);
  });
});
