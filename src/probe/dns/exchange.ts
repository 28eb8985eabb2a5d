/** The probe's own questions: what nslookup cannot show, the time of an answer and two questions from one socket. */
import { randomInt } from 'node:crypto';
import { decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { datagramSocket } from '../flows/udp.ts';

/** OwnQuestion is a name and a type to ask for. */
export interface OwnQuestion {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
}

/** Exchange is some questions to one server, all at once from one fresh socket. */
export interface Exchange {
  readonly address: string;
  readonly port: number;
  readonly questions: readonly OwnQuestion[];
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal;
}

/**
 * exchange gives the milliseconds until each question was answered, undefined for those that were not in time. The
 * socket is connected, so that an answer from another address is none and a closed port is heard of. It never fails.
 */
export function exchange(asked: Exchange): Promise<readonly (number | undefined)[]> {
  const { address, port, questions, timeoutMilliseconds, signal } = asked;
  const times: (number | undefined)[] = questions.map(() => undefined);
  return new Promise((resolve) => {
    const first = randomInt(0, 65_536 - questions.length);
    const messages = messagesOf(questions, first);
    const socket = datagramSocket(address);
    let start = 0;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      socket.close();
      resolve(times);
    };
    const timer = setTimeout(end, timeoutMilliseconds);
    signal.addEventListener('abort', end, { once: true });
    socket.on('error', end);
    socket.on('message', (message) => {
      const now = performance.now();
      const index = answered(message, questions, first);
      if (index === undefined || times[index] !== undefined) return;
      times[index] = now - start;
      if (times.every((each) => each !== undefined)) end();
    });
    socket.once('connect', () => {
      if (ended) return;
      start = performance.now();
      for (const message of messages) {
        // A failure to send is told by the event too.
        socket.send(message, (error) => (error === null ? undefined : end()));
      }
    });
    socket.connect(port, address);
    if (signal.aborted) end();
  });
}

/** messagesOf writes the questions; those of a name that no message can hold are none, and so never answered. */
function messagesOf(questions: readonly OwnQuestion[], first: number): readonly Buffer[] {
  if (questions.some(({ name }) => name.split('.').some((label) => label.length > 63))) return [];
  return questions.map((question, index) =>
    encode({ type: 'query', id: first + index, flags: RECURSION_DESIRED, questions: [question] }),
  );
}

/** answered tells which question a message answers: by its id and by the question that it repeats. */
function answered(message: Buffer, questions: readonly OwnQuestion[], first: number): number | undefined {
  try {
    const { id = -1, type, questions: repeated = [] } = decode(message);
    const asked = questions[id - first];
    const [question] = repeated;
    if (asked === undefined || question === undefined || type !== 'response') return undefined;
    return question.type === asked.type && plain(question.name) === plain(asked.name)
      ? id - first
      : undefined;
  } catch {
    // What cannot be read answers nothing.
    return undefined;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
