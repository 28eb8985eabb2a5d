/** One question over TCP: a small one, then many bytes each way. */
import type { Result } from '../../checks/pod-to-pod/evidence.ts';
import { askStream } from '../flows/tcp.ts';
import { type Addressed, attempts, type Session, smallBytes, upTo } from './session.ts';
import { type Found, Sightings } from './sightings.ts';

/** streamBytes go each way: more than a dozen full packets, and more than a kernel sends before the first is acknowledged. */
const streamBytes = 20_000;

/** timedFlows are the flows of which the median round trip is taken. */
const timedFlows = 5;

/** askOverTCP carries the question out. Every attempt is a connection of its own. */
export async function askOverTCP(session: Session, { local, to, uid }: Addressed): Promise<Result> {
  const seen = new Sightings({ local, address: to.address, uid });
  const { ask, timeout, signal } = session;
  let error = '';
  const once = async (bytes: number) => {
    const gate = bytes === smallBytes ? session.small : session.large;
    const flow = await gate.through(() => askStream({ to, ask, bytes, timeout, signal }));
    if (!flow.answered) error = flow.error;
    else seen.add([flow], bytes === smallBytes);
    return flow.answered;
  };
  const small = () => once(smallBytes);
  if (!(await upTo(attempts, session, small))) return seen.result({ u: [attempts, error] });
  if (seen.unexpected > 0 && (await confirmed(seen, small))) return seen.result({});
  for (let more = 0; more < timedFlows - 1; more += 1) await small();
  const large = await upTo(attempts, session, () => once(streamBytes));
  const found: Found = large ? {} : { s: [streamBytes, attempts, error] };
  if (seen.unexpected === 1) await confirmed(seen, small);
  return seen.result(found);
}

/** confirmed asks twice more: a view counts when it is seen again. */
export async function confirmed(seen: Sightings, small: () => Promise<boolean>): Promise<boolean> {
  for (let more = 0; more < 2 && seen.unexpected < 2; more += 1) await small();
  return seen.unexpected > 1;
}
