/** Reads what a DNS probe reported, and believes nothing of it before its form, its bounds and its counts are right. */
import { isList, isObject, isText, isWhole } from '../shape.ts';
import {
  type Evidence,
  maxRecordLength,
  maxRecords,
  maxTranscript,
  notAsked,
  type SeenLatency,
  type SeenOutcome,
  seenKinds,
} from './evidence.ts';
import { type DNSTask, questionsOf, serversOf } from './task.ts';

/** ReadEvidence is evidence that can be believed to be evidence, or a sentence that says why not. */
export type ReadEvidence =
  | { readonly ok: true; readonly evidence: Evidence }
  | { readonly ok: false; readonly problem: string };

/** longest is the most microseconds that any measured time may take. */
const longest = 60_000_000;

/** readEvidence reads the evidence of a task: which questions there were follows from the resolv.conf in it. */
export function readEvidence(value: unknown, task: DNSTask): ReadEvidence {
  if (!isObject(value)) return broken('is not a JSON object');
  if (value.version !== 1) return broken('has another version than 1');
  if (isText(value.problem, 1000)) return { ok: false, problem: `the probe failed: ${value.problem}` };
  const resolvConf = resolvConfOf(value.resolvConf);
  if (resolvConf === undefined) return broken('has a resolv.conf in a wrong form');
  const servers = serversOf(task, 'problem' in resolvConf ? [] : resolvConf.nameservers);
  const questions = questionsOf(task, servers).length;
  const { results, outcomes, latencies } = value;
  if (!isList(outcomes, questions, isOutcome)) return broken('has outcomes in a wrong form');
  const isResult = (each: unknown) => isWhole(each, notAsked.pending, outcomes.length - 1);
  if (!isList(results, questions, isResult) || results.length !== questions) {
    return broken(`does not have one result for each of ${questions} questions`);
  }
  if (!isList(latencies, servers.length, isLatency) || latencies.length !== servers.length) {
    return broken(`does not have one latency for each of ${servers.length} servers`);
  }
  return {
    ok: true,
    evidence: {
      version: 1,
      resolvConf,
      results,
      outcomes: outcomes.map(copiedOutcome),
      latencies: latencies.map((each) => (each === null ? null : copiedLatency(each))),
    },
  };
}

function resolvConfOf(value: unknown): Evidence['resolvConf'] | undefined {
  if (!isObject(value)) return undefined;
  const { problem, nameservers, search, ndots } = value;
  if (problem !== undefined) return isPrintable(problem, 200) ? { problem } : undefined;
  if (!isList(nameservers, 16, isServer) || !isList(search, 64, isName)) return undefined;
  return isWhole(ndots, 0, 255) ? { nameservers, search, ndots } : undefined;
}

function isOutcome(value: unknown): value is SeenOutcome {
  return (
    isObject(value) &&
    seenKinds.some((kind) => kind === value.kind) &&
    (value.name === undefined || isName(value.name)) &&
    isList(value.records, maxRecords, isRecord) &&
    (value.kind === 'Answer' || value.records.length === 0) &&
    (value.aliases === undefined || isList(value.aliases, maxRecords, isName)) &&
    (value.silent === undefined || isList(value.silent, 16, isServer)) &&
    isPrintable(value.text, maxTranscript)
  );
}

function isLatency(value: unknown): value is SeenLatency | null {
  if (value === null) return true;
  if (!isObject(value)) return false;
  const { p50, p90, max, asked, answered, pairs, halves, lateMilliseconds } = value;
  return (
    isWhole(max, 0, longest) &&
    isWhole(p90, 0, max) &&
    isWhole(p50, 0, p90) &&
    isWhole(asked, 0, 1000) &&
    isWhole(answered, 0, asked) &&
    isWhole(pairs, 0, 1000) &&
    isWhole(halves, 0, pairs) &&
    (lateMilliseconds === undefined || isWhole(lateMilliseconds, 0, longest / 1000))
  );
}

/** Of a link-local server there may be a zone. */
function isServer(value: unknown): value is string {
  return isText(value, 64) && /^[-0-9A-Za-z:.%_]+$/.test(value);
}

function isName(value: unknown): value is string {
  return isPrintable(value, 1024) && /^[!-~]+$/.test(value);
}

function isRecord(value: unknown): value is string {
  return isPrintable(value, maxRecordLength) && !/[\n\t]/.test(value);
}

function isPrintable(value: unknown, most: number): value is string {
  return isText(value, most) && /^[\n\t -~]*$/.test(value);
}

/** copiedOutcome and copiedLatency keep the known fields only. */
function copiedOutcome({ kind, name, records, aliases, silent, text }: SeenOutcome): SeenOutcome {
  return {
    kind,
    ...(name === undefined ? {} : { name }),
    records,
    ...(aliases === undefined ? {} : { aliases }),
    ...(silent === undefined ? {} : { silent }),
    text,
  };
}

function copiedLatency(latency: SeenLatency): SeenLatency {
  const { p50, p90, max, asked, answered, pairs, halves, lateMilliseconds } = latency;
  const measured = { p50, p90, max, asked, answered, pairs, halves };
  return lateMilliseconds === undefined ? measured : { ...measured, lateMilliseconds };
}

function broken(what: string): ReadEvidence {
  return { ok: false, problem: `the evidence ${what}` };
}
