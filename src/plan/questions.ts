/** The question of each probe of a run, derived from the plan alone: an operator that starts anew finds the same. */
import type { NetworkAuditRun, Plan } from '../api/v1alpha1/index.ts';
import type { Check, Place } from '../checks/check.ts';
import { encodeQuestion, type QuestionTask, questionHash } from '../checks/question.ts';
import type { Settings } from './settings.ts';
import { plusSeconds, timeText } from './time.ts';

/** Asking is one probe of a run: where it is, and its encoded question with the hash that the answer must name. */
export interface Asking {
  readonly node: string;
  readonly place: Place;
  readonly question: { readonly text: string; readonly hash: string } | { readonly problem: string };
}

/** Remembered is what was derived last from a plan, and what else it was derived from. */
interface Remembered {
  readonly run: string;
  readonly settings: Settings;
  readonly kinds: readonly Check[];
  readonly askings: readonly Asking[];
}

/** A run of 200 probes is looked at hundreds of times; its plan never changes. */
const remembered = new WeakMap<Plan, Remembered>();

/** askingsOf lists the probes of a run, in the plan's order; a node that a place has nothing to ask of has none there. */
export function askingsOf(
  run: NetworkAuditRun,
  plan: Plan,
  settings: Settings,
  kinds: readonly Check[],
): readonly Asking[] {
  const known = remembered.get(plan);
  const { uid } = run.metadata;
  if (known?.run === uid && known.settings === settings && known.kinds === kinds) return known.askings;
  const askings = derive(run, plan, settings, kinds);
  remembered.set(plan, { run: uid, settings, kinds, askings });
  return askings;
}

function derive(
  run: NetworkAuditRun,
  plan: Plan,
  settings: Settings,
  kinds: readonly Check[],
): readonly Asking[] {
  const deadlineTime = probeDeadline(plan, settings);
  return plan.nodes.flatMap(({ name: node, places }) =>
    places.flatMap((place): readonly Asking[] => {
      const tasks = tasksOf(plan, node, place, kinds);
      if (tasks.length === 0) return [];
      const { name, uid } = run.metadata;
      const encoded = encodeQuestion({ version: 1, run: { name, uid }, node, place, deadlineTime, tasks });
      if (!encoded.ok) return [{ node, place, question: { problem: encoded.problem } }];
      return [{ node, place, question: { text: encoded.text, hash: questionHash(encoded.text) } }];
    }),
  );
}

/** probeDeadline is by when a probe must have written its answer: early enough for it to be read before the run ends. */
function probeDeadline(plan: Plan, settings: Settings): string {
  return timeText(plusSeconds(new Date(plan.deadlineTime), -settings.reportMarginSeconds));
}

function tasksOf(plan: Plan, node: string, place: Place, kinds: readonly Check[]): readonly QuestionTask[] {
  return plan.checks.flatMap((check) => {
    const kind = kinds.find(({ type }) => type === check.type);
    const task = kind?.place === place ? kind.task(plan, check, node) : undefined;
    return task === undefined ? [] : [{ check: check.name, type: check.type, task }];
  });
}
