/** What the questions of one task have in common: whom they ask from, how long they wait, how many at once. */
import { setTimeout as delay } from 'node:timers/promises';
import { smallest } from '../../checks/pod-to-pod/wire.ts';
import type { Endpoint, FlowQuestion } from '../flows/flow.ts';
import { Gate } from '../flows/gate.ts';

/** attempts is how often a small question is asked before silence is believed. */
export const attempts = 3;

/** Session is shared by all questions of one task. */
export interface Session {
  readonly ask: FlowQuestion;
  readonly timeout: number;
  readonly mtu: number;
  readonly signal: AbortSignal;
  /** small lets small flows through, large those of many bytes: few at a time, for each other's sake. */
  readonly small: Gate;
  readonly large: Gate;
}

/** Addressed is one question: from which own address, to whom. */
export interface Addressed {
  readonly local: string;
  readonly to: Endpoint;
  readonly uid: string;
}

/** newGates makes the gates of a session. A flow that is silent for 100 ms is no longer a load. */
export function newGates(): Pick<Session, 'small' | 'large'> {
  return { small: new Gate(16, 100), large: new Gate(4, 250) };
}

/** smallBytes is the size of a small question. */
export const smallBytes = smallest;

/** fullDatagram is the largest payload that one packet of the interface takes, capped at jumbo frames; 0 if unknown. */
export function fullDatagram(mtu: number, address: string): number {
  const headers = address.includes(':') ? 48 : 28;
  return mtu === 0 ? 0 : Math.min(mtu, 9216) - headers;
}

/**
 * upTo tries again until a try is answered. A try that fails at once (a closed port, no route) is followed by a
 * pause, so that three of them do not all fall into one bad moment.
 */
export async function upTo(
  tries: number,
  { timeout, signal }: Session,
  once: () => Promise<boolean>,
): Promise<boolean> {
  for (let done = 1; done <= tries && !signal.aborted; done += 1) {
    const start = performance.now();
    if (await once()) return true;
    const pause = timeout / 4 - (performance.now() - start);
    if (done < tries && pause > 0) await delay(pause, undefined, { signal }).catch(() => {});
  }
  return false;
}
