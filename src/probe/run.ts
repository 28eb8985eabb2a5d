/** One run of the probe: read the question, carry its tasks out in order, leave the answer behind, in time. */
import { type Answer, type AnswerResult, encodeProblem } from '../checks/answer.ts';
import { canonical } from '../checks/pod-to-pod/addresses.ts';
import type { ProbeKind } from '../checks/probe.ts';
import { decodeQuestion, type Question, questionHash, questionVariable } from '../checks/question.ts';
import { TerminationMessage, terminationLog } from './termination.ts';

/** margin is how long before the run's deadline the probe ends, in milliseconds: the answer has to be read, too. */
const margin = 5_000;

/** budgets bound what a node's wrong clock can do: the probe gets at least, and at most, so many milliseconds. */
const budgets = { least: 10_000, most: 3_600_000 };

/** grace is how long a task may take to end once it is told to. */
const grace = 1_500;

/** Surroundings are what the probe's process gives a run. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly kinds: readonly ProbeKind[];
  /** stop is aborted when the process is told to end: it then writes what it has. */
  readonly stop: AbortSignal;
  /** now is the wall clock, in milliseconds since 1970. */
  readonly now: number;
  /** print writes to stdout and ends when it is written. */
  print(line: string): Promise<void>;
}

/** runProbe gives the exit code: 0 whenever it could report, whatever the report says. */
export async function runProbe(around: Surroundings): Promise<number> {
  const { env } = around;
  const message = new TerminationMessage(env.NETAUDIT_TERMINATION_LOG ?? terminationLog);
  const text = env[questionVariable] ?? '';
  const read = decodeQuestion(text);
  const problem = read.ok ? misplaced(read.question, env.NODE_NAME) : read.problem;
  if (!read.ok || problem !== undefined) {
    message.write(encodeProblem(problem ?? 'the question cannot be read'));
    return 1;
  }
  const answer = await answerTo(read.question, questionHash(text), message, around);
  await message.finish(answer, around.print);
  return 0;
}

/** misplaced says why the question is not for this node: evidence of another one would be a lie. */
function misplaced({ node }: Question, here: string | undefined): string | undefined {
  return here === node
    ? undefined
    : `the question is for node ${node}, and the probe runs on ${here ?? 'no named node'}`;
}

async function answerTo(
  question: Question,
  hash: string,
  message: TerminationMessage,
  { env, kinds, stop, now, print }: Surroundings,
): Promise<Answer> {
  const left = Date.parse(question.deadlineTime) - now - margin;
  const budget = Math.min(budgets.most, Math.max(budgets.least, left));
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), budget);
  const signal = AbortSignal.any([stop, ending.signal]);
  const podAddresses = (env.POD_IPS ?? '').split(',').flatMap((each) => canonical(each.trim()) ?? []);
  const results: AnswerResult[] = [];
  const sofar = (complete: boolean): Answer => ({
    version: 1,
    run: question.run.uid,
    question: hash,
    complete,
    results: [...results],
  });
  let over = false;
  const printLine = async (line: string) => {
    // A task that was left behind may still speak: too late.
    if (!over) await print(`${line}\n`);
  };
  for (const [index, { check, type, task }] of question.tasks.entries()) {
    const progress = (evidence: unknown) => {
      results[index] = { check, evidence };
      message.progress(sofar(false));
    };
    if (signal.aborted) break;
    const context = { signal, podAddresses, node: question.node, check, progress, print: printLine };
    const carried = carryOut(
      kinds.find((kind) => kind.type === type),
      task,
      context,
    );
    const evidence = await Promise.race([carried, afterGrace(signal)]);
    if (evidence !== undefined) results[index] = { check, evidence };
  }
  clearTimeout(timer);
  over = true;
  return sofar(!signal.aborted);
}

async function carryOut(
  kind: ProbeKind | undefined,
  task: Parameters<ProbeKind['probe']>[0],
  context: Parameters<ProbeKind['probe']>[1],
): Promise<unknown> {
  if (kind === undefined) return { version: 1, problem: 'the probe does not know this kind of check' };
  try {
    return await kind.probe(task, context);
  } catch (error) {
    return { version: 1, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** afterGrace ends with nothing, some time after the signal: a task that does not end is left behind. */
function afterGrace(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const wait = () => setTimeout(() => resolve(undefined), grace).unref();
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
}
