/** Answers that come, and come slowly. */
import type { Diagnosis } from './diagnosis.ts';
import type { SeenLatency } from './evidence.ts';
import { type Cause, serverName } from './opinion.ts';
import { isDown, ofPod, replicaKey } from './replicas.ts';
import { type Look, latencyOf, type Side } from './sides.ts';
import type { Server } from './task.ts';

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
  if (latency.halves >= leastHalves && mayPart(diagnosis, look.server)) return undefined;
  const why = whyOf(latency, most);
  if (why === undefined) return undefined;
  const cause: Cause = { reason: 'SlowLookups', why: `${serverName(side.service, look)}: ${why}` };
  const others = diagnosis.sides.filter((each) => each !== side);
  const same = others.flatMap((each) => measured(each, (server) => isSame(server, look.server), most));
  if (same.length > 0 && !same.includes(true)) return { ...cause, blames: { kind: 'Node', name: side.node } };
  if (look.server.path !== 'Endpoints' || same.includes(false)) return cause;
  const rest = diagnosis.sides.flatMap((each) =>
    measured(each, (server) => server.path === 'Endpoints' && !isSame(server, look.server), most),
  );
  const replica = diagnosis.replicas.get(replicaKey(look.server));
  return rest.length > 0 && !rest.includes(true) && replica !== undefined ? ofPod(replica, cause) : cause;
}

/**
 * mayPart tells whether two questions from one socket may have gone to two replicas of which one is down: a packet that is
 * dropped before connection tracking has confirmed it leaves the choice of the replica to the next one.
 */
function mayPart({ replicas }: Diagnosis, { path }: Server): boolean {
  return path !== 'Endpoints' && [...replicas.values()].some(isDown);
}

/** measured tells of each such server of a node that was measured whether it is slow. */
function measured(
  side: Side,
  which: (server: Server) => boolean,
  most: number | undefined,
): readonly boolean[] {
  return side.servers.flatMap((server, serverIndex) => {
    const latency = which(server) ? latencyOf(side, { serverIndex }) : undefined;
    return latency === undefined ? [] : [whyOf(latency, most) !== undefined];
  });
}

function isSame(one: Server, other: Server): boolean {
  return one.path === other.path && one.address === other.address && one.port === other.port;
}

function whyOf({ p50, answered, pairs, halves }: SeenLatency, most: number | undefined): string | undefined {
  if (halves >= leastHalves) {
    return `of ${pairs} pairs of A and AAAA that were asked at once from one socket, ${halves} lost one answer`;
  }
  if (most === undefined || answered === 0 || p50 <= most * 1000) return undefined;
  return `the median answer takes ${(p50 / 1000).toFixed(1)} ms, at most ${most} ms pass`;
}
