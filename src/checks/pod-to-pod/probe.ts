/** PodToPod's probe: asks every question of its task, then collects what the responder beside it has heard. */

import { Gate } from '../../probe/flows/gate.ts';
import { interfaceMTU, type OwnAddress, ownAddresses } from '../../probe/own-addresses.ts';
import { collectHeard } from '../../probe/pod-to-pod/collect.ts';
import { askOverTCP } from '../../probe/pod-to-pod/over-tcp.ts';
import { askOverUDP } from '../../probe/pod-to-pod/over-udp.ts';
import { newGates, type Session } from '../../probe/pod-to-pod/session.ts';
import type { Task } from '../check.ts';
import type { ProbeContext, ProbeKind } from '../probe.ts';
import { familyOf } from './addresses.ts';
import type { Evidence, Result } from './evidence.ts';
import { type PodToPodTask, readTask } from './task.ts';

/** podToPodProbe is the kind, as the probe's process sees it. */
export const podToPodProbe: ProbeKind = { type: 'PodToPod', probe };

/** questionsAtOnce bounds the sockets that are open at once: three or four for each question. */
const questionsAtOnce = 128;

async function probe(given: Task, context: ProbeContext): Promise<Evidence> {
  const task = readTask(given);
  if (task === undefined) throw new Error('the task is none of PodToPod');
  const own = await ownAddresses(context.podAddresses, context.signal);
  const mtus = await Promise.all(own.map(({ address }) => interfaceMTU(address)));
  const mtu = mtus.length === 0 ? 0 : Math.min(...mtus);
  const { key, prober, timeoutMilliseconds } = task;
  const session: Session = {
    ask: { kind: 'Ask', key, prober },
    timeout: timeoutMilliseconds,
    mtu,
    signal: context.signal,
    ...newGates(),
  };
  const local = own.map(({ address }) => address);
  const results: Result[] = questionsOf(task).map(() => 0);
  const evidence = (): Evidence => ({ version: 1, local, mtu, results: [...results] });
  await askAll(task, session, own, (index, result) => {
    results[index] = result;
    context.progress(evidence());
  });
  const heard = await heardByOwn(task, session, own);
  return heard === undefined ? evidence() : { ...evidence(), heard };
}

interface Question {
  readonly uid: string;
  readonly address: string;
  readonly protocol: 'TCP' | 'UDP';
}

function questionsOf({ targets, protocols }: PodToPodTask): readonly Question[] {
  return targets.flatMap(([uid, ...addresses]) =>
    addresses.flatMap((address) => protocols.map((protocol) => ({ uid, address, protocol }))),
  );
}

/** askAll begins with another target on every prober, so that not all of them ask the same one first. */
async function askAll(
  task: PodToPodTask,
  session: Session,
  own: readonly OwnAddress[],
  done: (index: number, result: Result) => void,
): Promise<void> {
  const questions = questionsOf(task);
  const gate = new Gate(questionsAtOnce);
  const shift =
    task.targets.length === 0
      ? 0
      : Math.floor((task.prober % task.targets.length) * (questions.length / task.targets.length));
  const order = [...questions.keys()].map((index) => (index + shift) % questions.length);
  const all = order.map((index) =>
    gate.through(async () => {
      const question = questions[index];
      if (question === undefined || session.signal.aborted) return;
      const result = await ask(task, session, own, question);
      // What was under way when time was up says nothing.
      if (!session.signal.aborted) done(index, result);
    }),
  );
  await Promise.all(all);
}

async function ask(
  { port }: PodToPodTask,
  session: Session,
  own: readonly OwnAddress[],
  { uid, address, protocol }: Question,
): Promise<Result> {
  const local = own.find(({ family }) => family === familyOf(address))?.address;
  if (local === undefined) return { t: 0, n: 0, u: [1, 'NoAddress'] };
  const addressed = { local, to: { address, port }, uid };
  return protocol === 'TCP' ? await askOverTCP(session, addressed) : await askOverUDP(session, addressed);
}

async function heardByOwn(
  { targets, own: index, expected, port, heardWaitMilliseconds: wait }: PodToPodTask,
  session: Session,
  own: readonly OwnAddress[],
): Promise<string | undefined> {
  const [, ...addresses] = targets[index] ?? [''];
  for (const address of addresses) {
    const local = own.find(({ family }) => family === familyOf(address))?.address;
    if (local === undefined) continue;
    const heard = await collectHeard(session, { local, to: { address, port }, expected, wait });
    if (heard !== undefined) return heard;
  }
  return undefined;
}
