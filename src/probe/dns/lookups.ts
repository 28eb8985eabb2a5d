/** Asks the questions of a task: every server and transport for itself, the silent ones no more than twice. */
import { notAsked } from '../../checks/dns/evidence.ts';
import type { DNSTask, Question } from '../../checks/dns/task.ts';
import { Gate } from '../flows/gate.ts';
import { argumentsOf } from './arguments.ts';
import { type Ran, runNslookup } from './nslookup.ts';
import { outcomeOf } from './outcomes.ts';

/** busy is how many run at once on the processor; who has waited for long enough is only waiting for a server. */
const busy = 4;
const busyMilliseconds = 250;

/** most is how many processes there are at once, of about 10 MiB each. */
const most = 8;

/** Asked is a question with its number in the evidence. */
interface Asked {
  readonly index: number;
  readonly question: Question;
}

/** Looking is what asking needs. */
export interface Looking {
  readonly task: DNSTask;
  readonly questions: readonly Question[];
  readonly command: readonly [string, ...string[]];
  /** nameservers is how many servers the Pod's resolv.conf has: they are tried one after another. */
  readonly nameservers: number;
  /** signal ends everything, also when the budget's time is up. */
  readonly signal: AbortSignal;
  /** done takes each result as it comes: an outcome, or a `notAsked`. */
  done(index: number, result: ReturnType<typeof outcomeOf> | number): void;
}

/**
 * askAll ends when every question has its result, or the signal is aborted. Each server is asked one question at a
 * time over each transport. It fails when nslookup cannot be run.
 */
export async function askAll(looking: Looking): Promise<void> {
  const { task, questions } = looking;
  const ordered = inOrder(questions, task);
  for (const { index } of ordered.slice(task.budget.questions)) looking.done(index, notAsked.budget);
  const lanes = new Map<string, Asked[]>();
  for (const asked of ordered.slice(0, task.budget.questions)) {
    const { server, transport } = asked.question;
    const key = JSON.stringify([server.path, server.address, server.port, transport]);
    lanes.set(key, [...(lanes.get(key) ?? []), asked]);
  }
  const gates = [new Gate(most), new Gate(busy, busyMilliseconds)] as const;
  await Promise.all([...lanes.values()].map((lane) => askLane(lane, looking, gates)));
}

/** inOrder begins with the lookup `first` at every server, so that the budget is not one server's alone. */
function inOrder(questions: readonly Question[], { lookups, first }: DNSTask): readonly Asked[] {
  const turn = ({ question }: Asked) => (question.lookup - first + lookups.length) % lookups.length;
  return questions
    .map((question, index) => ({ index, question }))
    .sort((one, other) => turn(one) - turn(other) || one.index - other.index);
}

async function askLane(
  lane: readonly Asked[],
  looking: Looking,
  [all, running]: readonly [Gate, Gate],
): Promise<void> {
  let silences = 0;
  for (const { index, question } of lane) {
    if (silences >= 2) {
      looking.done(index, notAsked.silent);
      continue;
    }
    const ran = await all.through(() => running.through(() => ask(question, looking)));
    if (ran.cut === 'aborted') return;
    const lookup = looking.task.lookups[question.lookup];
    if (lookup === undefined) return;
    const outcome = outcomeOf(lookup, ran);
    if (outcome.kind === 'TimedOut' || outcome.kind === 'Unreachable' || ran.cut === 'deadline')
      silences += 1;
    looking.done(index, outcome);
  }
}

async function ask({ server, transport, lookup }: Question, looking: Looking): Promise<Ran> {
  const { task, command, nameservers, signal } = looking;
  const { timeoutSeconds, lookups } = task;
  const wanted = lookups[lookup];
  if (wanted === undefined) return { text: '', exitCode: null, cut: 'aborted' };
  const args = argumentsOf({ lookup: wanted, server, transport, timeoutSeconds });
  // Over TCP two attempts at a server that says nothing take three timeouts.
  const tries = 3 * (server.path === 'ResolvConf' ? Math.max(1, nameservers) : 1);
  return runNslookup({ command, args, signal, deadlineMilliseconds: (tries * timeoutSeconds + 2) * 1000 });
}
