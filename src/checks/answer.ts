/**
 * The answer of a probe, as its Pod carries it: a termination message of at most 4,096 bytes (plain JSON when that
 * fits, else gzip in base64), or, when neither fits, a line on stdout that the termination message names by length
 * and hash. A pure codec; reading trusts nothing and is bounded in memory.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isObject, isText, isWhole, parseJson } from './shape.ts';

/** longestMessage is how many bytes of a termination message kubelet keeps: the last ones. */
export const longestMessage = 4096;

/** longestLine is how many characters an answer on stdout may have. */
export const longestLine = 1024 * 1024;

/** largestAnswer is how many bytes an answer may have when it is decompressed. */
export const largestAnswer = 8 * 1024 * 1024;

/** Answer is what one probe found out, so far or in all. */
export interface Answer {
  readonly version: 1;
  /** run is the uid of the run that asked. */
  readonly run: string;
  /** question is `questionHash` of the text that was asked. */
  readonly question: string;
  /** complete is false until the probe has carried out every task. */
  readonly complete: boolean;
  /** results are in the order of the question's tasks; those not begun are left out. */
  readonly results: readonly AnswerResult[];
}

/** AnswerResult is one check's evidence, which only the kind itself can read. */
export interface AnswerResult {
  readonly check: string;
  readonly evidence: unknown;
}

/** EncodedAnswer is what to write. `line` goes to stdout first, with a line feed behind it, and whole. */
export interface EncodedAnswer {
  readonly message: string;
  readonly line?: string;
}

/** Expected is what an answer must be an answer to. */
export interface Expected {
  readonly run: string;
  readonly question: string;
}

/** ReadAnswer is an answer; or that it is on the Pod's log (which must be read first); or what is wrong with it. */
export type ReadAnswer =
  | { readonly kind: 'Answer'; readonly answer: Answer }
  /** length is how many characters the line has that is looked for. */
  | { readonly kind: 'InLog'; readonly length: number }
  | { readonly kind: 'Broken'; readonly problem: string };

/** encodeAnswer gives the smallest form that fits. The message ends with a line feed: what follows it is no answer. */
export function encodeAnswer(answer: Answer): EncodedAnswer {
  const json = JSON.stringify(answer);
  if (Buffer.byteLength(json) < longestMessage) return { message: `${json}\n` };
  const packed = gzipSync(json, { level: 9 }).toString('base64');
  if (packed.length < longestMessage) return { message: `${packed}\n` };
  const pointer = { version: 1, stdout: { length: packed.length, sha256: sha256(packed) } };
  return { message: `${JSON.stringify(pointer)}\n`, line: packed };
}

/** encodeProblem is what a probe writes that cannot even say which question it was asked. */
export function encodeProblem(problem: string): string {
  return `${JSON.stringify({ version: 1, problem: problem.slice(0, 1000) })}\n`;
}

/**
 * readAnswer reads a termination message, and the Pod's log where the message says that the answer is there.
 * `log` is left out while it has not been read.
 */
export function readAnswer(message: string, expected: Expected, log?: string): ReadAnswer {
  const text = firstLine(message);
  if (text === '') return broken('the probe left no answer behind');
  const json = unpack(text);
  if (!json.ok) return broken(json.problem);
  if (!isObject(json.value)) return broken('the answer is not a JSON object');
  if (json.value.version !== 1) return broken('the answer has another version than 1');
  if (isText(json.value.problem, 1000)) return broken(`the probe could not answer: ${json.value.problem}`);
  if (json.value.stdout === undefined) return checked(json.value, expected);
  return readLine(json.value.stdout, expected, log);
}

function readLine(stdout: unknown, expected: Expected, log: string | undefined): ReadAnswer {
  if (!isObject(stdout) || !isWhole(stdout.length, 1, longestLine) || !isText(stdout.sha256, 64)) {
    return broken('the answer says that it is in the log, and not where');
  }
  const { length, sha256: hash } = stdout;
  if (log === undefined) return { kind: 'InLog', length };
  const line = log.split('\n').findLast((each) => each.length === length && sha256(each) === hash);
  if (line === undefined) {
    return broken(`the log has no line of ${length} characters with the hash that the answer names`);
  }
  const json = unpack(line);
  if (!json.ok) return broken(json.problem);
  return isObject(json.value) ? checked(json.value, expected) : broken('the answer is not a JSON object');
}

function checked(value: { readonly [field: string]: unknown }, expected: Expected): ReadAnswer {
  if (value.version !== 1) return broken('the answer has another version than 1');
  if (value.run !== expected.run) return broken('the answer is about another run');
  if (value.question !== expected.question) return broken('the answer is to another question');
  if (typeof value.complete !== 'boolean') return broken('the answer does not say whether it is complete');
  if (!Array.isArray(value.results) || value.results.length > 64 || !value.results.every(isResult)) {
    return broken('the answer has no list of results');
  }
  const results = value.results.map(({ check, evidence }: AnswerResult) => ({ check, evidence }));
  if (new Set(results.map(({ check }) => check)).size !== results.length) {
    return broken('the answer has two results for one check');
  }
  return {
    kind: 'Answer',
    answer: { version: 1, run: expected.run, question: expected.question, complete: value.complete, results },
  };
}

function isResult(value: unknown): value is AnswerResult {
  return isObject(value) && isText(value.check, 63) && Object.hasOwn(value, 'evidence');
}

type Unpacked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

function unpack(text: string): Unpacked {
  let json = text;
  if (!text.startsWith('{')) {
    if (text.length > longestLine || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
      return { ok: false, problem: 'the answer is neither JSON nor base64' };
    }
    try {
      json = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: largestAnswer }).toString();
    } catch (error) {
      return { ok: false, problem: `the answer cannot be decompressed: ${codeOf(error)}` };
    }
  }
  const parsed = json.length > largestAnswer ? undefined : parseJson(json);
  if (parsed === undefined) return { ok: false, problem: 'the answer is cut or is not JSON' };
  return { ok: true, value: parsed.value };
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_BUFFER_TOO_LARGE' ? `it has more than ${largestAnswer} bytes` : String(code);
}

function firstLine(message: string): string {
  const end = message.indexOf('\n');
  return (end === -1 ? message : message.slice(0, end)).trim();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function broken(problem: string): ReadAnswer {
  return { kind: 'Broken', problem };
}
