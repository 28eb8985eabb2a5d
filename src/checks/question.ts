/** The question that a probe's Job carries: what to find out, for which run, until when. A pure codec. */
import { createHash } from 'node:crypto';
import type { CheckType } from '../api/v1alpha1/index.ts';
import type { Place, Task } from './check.ts';
import { isObject, isText, parseJson } from './shape.ts';

/** questionVariable is the environment variable of the probe's container that holds the encoded question. */
export const questionVariable = 'NETAUDIT_QUESTION';

/**
 * longestQuestion is how many characters an encoded question may have. Linux takes 131,072 bytes for one environment
 * string with its name (`MAX_ARG_STRLEN`); the rest is left to the API server's and the runtime's own overhead.
 */
export const longestQuestion = 96 * 1024;

/** Question is all that one probe is asked, for all checks of its place. */
export interface Question {
  readonly version: 1;
  readonly run: { readonly name: string; readonly uid: string };
  /** node is where the probe must be: it refuses to answer from another. */
  readonly node: string;
  readonly place: Place;
  /** deadlineTime is the run's, RFC 3339: by then the answer must have been written. */
  readonly deadlineTime: string;
  readonly tasks: readonly QuestionTask[];
}

/** QuestionTask is one check's task. */
export interface QuestionTask {
  /** check is the name of the item of `spec.checks`; it names the result in the answer. */
  readonly check: string;
  readonly type: CheckType;
  readonly task: Task;
}

/** Encoded is the text for the environment variable, or why there is none. */
export type Encoded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/** Decoded is a question, or a sentence that says what is wrong with the text. */
export type Decoded =
  | { readonly ok: true; readonly question: Question }
  | { readonly ok: false; readonly problem: string };

/**
 * encodeQuestion gives the same text for the same question: base64url of JSON with its fields in a fixed order.
 * Plain JSON would not do: kubelet expands `$(…)` in the values of variables.
 */
export function encodeQuestion(question: Question): Encoded {
  const { version, run, node, place, deadlineTime } = question;
  const tasks = question.tasks.map(({ check, type, task }) => ({ check, type, task }));
  const json = JSON.stringify({
    version,
    run: { name: run.name, uid: run.uid },
    node,
    place,
    deadlineTime,
    tasks,
  });
  const text = Buffer.from(json).toString('base64url');
  if (text.length <= longestQuestion) return { ok: true, text };
  return {
    ok: false,
    problem: `the question for ${node} has ${text.length} characters, at most ${longestQuestion} fit into its Job: give the audit fewer checks or lower peersPerNode`,
  };
}

/** decodeQuestion reads what encodeQuestion wrote. */
export function decodeQuestion(text: string): Decoded {
  if (text.length > longestQuestion) return { ok: false, problem: 'the question is too long' };
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return { ok: false, problem: 'the question is not base64url' };
  const json = parseJson(Buffer.from(text, 'base64url').toString());
  if (json === undefined) return { ok: false, problem: 'the question is not JSON' };
  if (isObject(json.value) && json.value.version !== 1) {
    return { ok: false, problem: 'the question has another version than 1' };
  }
  if (!isQuestion(json.value)) return { ok: false, problem: 'the question lacks a field or has a wrong one' };
  return { ok: true, question: json.value };
}

/** questionHash names a question in its answer: 16 hex digits of the SHA-256 of the encoded text. */
export function questionHash(encoded: string): string {
  return createHash('sha256').update(encoded).digest('hex').slice(0, 16);
}

function isQuestion(value: unknown): value is Question {
  return (
    isObject(value) &&
    value.version === 1 &&
    isObject(value.run) &&
    isText(value.run.name, 253) &&
    isText(value.run.uid, 64) &&
    isText(value.node, 253) &&
    (value.place === 'pod' || value.place === 'node') &&
    isText(value.deadlineTime, 64) &&
    Number.isFinite(Date.parse(value.deadlineTime)) &&
    Array.isArray(value.tasks) &&
    value.tasks.length <= 64 &&
    value.tasks.every(
      (task) => isObject(task) && isText(task.check, 63) && isText(task.type, 63) && isObject(task.task),
    )
  );
}
