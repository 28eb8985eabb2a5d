/** One question over UDP: a small datagram, datagrams in a row, one as large as a packet, one in fragments. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Deviation, Result } from '../../checks/pod-to-pod/evidence.ts';
import { rounds } from '../../checks/pod-to-pod/loss.ts';
import { askDatagrams, chosenSource, type DatagramAnswers } from '../flows/udp.ts';
import { confirmed } from './over-tcp.ts';
import { type Addressed, attempts, fullDatagram, type Session, smallBytes, upTo } from './session.ts';
import { type Found, Sightings } from './sightings.ts';

/** fragmentedBytes travel in six fragments on an Ethernet. */
const fragmentedBytes = 8_000;

/** spacing is how many milliseconds a datagram in a row waits for the one before it. */
const spacing = 10;

/** tries of one size: where ICMP works, a full packet gets through on the third (one lesson for each direction). */
const tries = { each: 3, stagger: 100, times: 2 };

type Send = (bytes: number, count: number, signal?: AbortSignal) => Promise<DatagramAnswers>;

/** askOverUDP carries the question out. Every attempt and every size has a source port of its own. */
export async function askOverUDP(session: Session, addressed: Addressed): Promise<Result> {
  const { local, to, uid } = addressed;
  const seen = new Sightings({ local, address: to.address, uid });
  const { ask, timeout } = session;
  const send: Send = async (bytes, count, signal = session.signal) => {
    const gate = bytes === smallBytes ? session.small : session.large;
    const asked = { local, to, ask, bytes, count, spacing, timeout, signal };
    const answers = await gate.through(() => askDatagrams(asked));
    seen.add(answers.answers, bytes === smallBytes);
    return answers;
  };
  const small = async () => (await send(smallBytes, 1)).answers.length > 0;
  await upTo(attempts - 1, session, small);
  if (seen.unexpected > 0 && (await confirmed(seen, small))) return seen.result({});
  const found =
    seen.answered > 0 ? await further(session, addressed, send) : await last(session, addressed, send);
  if (seen.unexpected === 1) await confirmed(seen, small);
  return seen.result(found);
}

/** last is the third attempt: datagrams in a row, so that a lossy path is not taken for a dead one. */
async function last(session: Session, { local, to }: Addressed, send: Send): Promise<Found> {
  const { ask, timeout, signal } = session;
  const connected = {
    local,
    to,
    ask,
    bytes: smallBytes,
    count: 1,
    spacing,
    timeout,
    signal,
    connected: true,
  };
  const [row, single] = await Promise.all([send(smallBytes, rounds[0].datagrams), askDatagrams(connected)]);
  if (row.answers.length === 0) {
    // Only a connected socket hears of a closed port; it may also be the only one to get through on a bad path.
    return { u: [attempts, single.error === '' ? row.error : single.error] };
  }
  return await lossFrom(row, send);
}

/** further asks on where small questions are answered. */
async function further(session: Session, addressed: Addressed, send: Send): Promise<Found> {
  const { local, to } = addressed;
  const [chosen, row] = await Promise.all([chosenSource(to), send(smallBytes, rounds[0].datagrams)]);
  const loss = await lossFrom(row, send);
  const full = fullDatagram(session.mtu, to.address);
  const f = full > smallBytes && !(await getsThrough(session, send, full)) ? sized(full) : undefined;
  const g = (await getsThrough(session, send, fragmentedBytes)) ? undefined : sized(fragmentedBytes);
  return {
    ...loss,
    ...(chosen === undefined || chosen === local || local === '' ? {} : { c: chosen }),
    ...(f === undefined ? {} : { f }),
    ...(g === undefined ? {} : { g }),
  };
}

/** lossFrom asks the second round where the first lost too many. */
async function lossFrom(row: DatagramAnswers, send: Send): Promise<Pick<Deviation, 'l'>> {
  const [first, second] = rounds;
  const lost = first.datagrams - row.answers.length;
  if (lost < first.atLeast) return {};
  const again = await send(smallBytes, second.datagrams);
  const l = [
    [first.datagrams, lost],
    [second.datagrams, second.datagrams - again.answers.length],
  ] as const;
  return { l };
}

/** getsThrough sends datagrams of a size one shortly after the other, and all of them once more after silence. */
async function getsThrough({ signal }: Session, send: Send, bytes: number): Promise<boolean> {
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  const one = async (place: number) => {
    if (place > 0) await delay(place * tries.stagger, undefined, { signal: either }).catch(() => {});
    if (either.aborted) return false;
    const through = (await send(bytes, 1, either)).answers.length > 0;
    if (through) enough.abort();
    return through;
  };
  for (let time = 0; time < tries.times && !signal.aborted; time += 1) {
    const all = await Promise.all(Array.from({ length: tries.each }, (_, place) => one(place)));
    if (all.includes(true)) return true;
  }
  return false;
}

function sized(bytes: number): readonly [number, number] {
  return [bytes, tries.each * tries.times];
}
