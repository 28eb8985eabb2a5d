/** Answers that come, and come slowly. */
import type { Diagnosis } from './diagnosis.ts';
import type { SeenLatency } from './evidence.ts';
import { type Cause, serverName } from './opinion.ts';
import { type Look, latencyOf, type Side } from './sides.ts';

/** leastHalves is how many of the pairs that were asked at once must have lost one answer: one may be bad luck. */
const leastHalves = 3;

/** slowness says what makes a question slow although it was answered, undefined where nothing does. */
export function slowness(
  diagnosis: Diagnosis,
  side: Side,
  look: Look,
  most: number | undefined,
): Cause | undefined {
  const latency = latencyOf(side, look);
  if (look.transport !== 'UDP' || latency === undefined) return undefined;
  const why = whyOf(latency, most);
  if (why === undefined) return undefined;
  const cause: Cause = { reason: 'SlowLookups', why: `${serverName(side.service, look)}: ${why}` };
  const isSlow = (each: Side) => each.servers.map((_, index) => slowAt(each, index, most));
  const here = isSlow(side).filter((each) => each !== undefined);
  const elsewhere = diagnosis.sides.filter((each) => each !== side).flatMap((each) => isSlow(each));
  const others = elsewhere.filter((each) => each !== undefined);
  return here.every((slow) => slow) && others.length > 0 && others.every((slow) => !slow)
    ? { ...cause, blames: { kind: 'Node', name: side.node } }
    : cause;
}

function slowAt(side: Side, serverIndex: number, most: number | undefined): boolean | undefined {
  const latency = latencyOf(side, { serverIndex });
  return latency === undefined ? undefined : whyOf(latency, most) !== undefined;
}

function whyOf({ p50, answered, pairs, halves }: SeenLatency, most: number | undefined): string | undefined {
  if (halves >= leastHalves) {
    return `of ${pairs} pairs of A and AAAA that were asked at once from one socket, ${halves} lost one answer`;
  }
  if (most === undefined || answered === 0 || p50 <= most * 1000) return undefined;
  return `the median answer takes ${(p50 / 1000).toFixed(1)} ms, at most ${most} ms pass`;
}
