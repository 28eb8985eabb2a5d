/** What the responder on this node has heard of the other probers: asked when all else is done. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../flows/flow.ts';
import { askStream } from '../flows/tcp.ts';
import { askDatagrams } from '../flows/udp.ts';
import { type Session, smallBytes } from './session.ts';

/** Collection says whom to ask, and when there is no more to wait for. */
export interface Collection {
  readonly local: string;
  readonly to: Endpoint;
  readonly expected: string;
  /** wait is how long to wait at most for what is expected, in milliseconds. */
  readonly wait: number;
}

/** collectHeard asks again until everything expected was heard, or the wait is over. Undefined: no answer at all. */
export async function collectHeard(session: Session, collection: Collection): Promise<string | undefined> {
  const { expected, wait } = collection;
  const until = performance.now() + wait;
  let heard: string | undefined;
  for (let pause = 10; !session.signal.aborted; pause = Math.min(250, pause * 2)) {
    const answer = await collectOnce(session, collection);
    if (answer !== undefined) heard = answer.slice(0, expected.length).padEnd(expected.length, '0');
    if (heard === undefined || includes(heard, expected) || performance.now() > until) return heard;
    await delay(pause, undefined, { signal: session.signal }).catch(() => {});
  }
  return heard;
}

/** collectOnce asks over UDP, and over TCP when that is silent: either may be what is broken. */
async function collectOnce(session: Session, { local, to }: Collection): Promise<string | undefined> {
  const { signal } = session;
  const timeout = Math.min(1000, session.timeout);
  const ask = { ...session.ask, kind: 'Collect' } as const;
  const asked = { local, to, ask, bytes: smallBytes, count: 1, spacing: 0, timeout, signal };
  const { answers } = await askDatagrams(asked);
  const [answer] = answers;
  if (answer !== undefined) return answer.view.heard;
  const flow = await askStream({ to, ask, bytes: smallBytes, timeout, signal });
  return flow.answered ? flow.view.heard : undefined;
}

function includes(heard: string, expected: string): boolean {
  return Array.from(expected).every((digit, index) => {
    const wanted = Number.parseInt(digit, 16);
    return (Number.parseInt(heard[index] ?? '0', 16) & wanted) === wanted;
  });
}
