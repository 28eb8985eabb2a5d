/** What one answer is worth by itself: right, wrong, none, or one that cannot be judged while its Service changes. */
import type { DNSLookup } from '../../api/v1alpha1/index.ts';
import type { ClusterView } from '../cluster-view.ts';
import { dateIn, isAfter, isRecent, type Known, settlingOf } from './changes.ts';
import type { SeenOutcome } from './evidence.ts';
import { type Expected, expectedOf } from './expected.ts';
import { absolute, canonicalRecord, searchOf } from './names.ts';
import { isRelative } from './task.ts';

/** Answer is what one question came to. */
export type Answer =
  | { readonly kind: 'Right' }
  | {
      /** Wrong: the server answered, and not as it must. */
      readonly kind: 'Wrong';
      readonly reason: 'WrongAnswer' | 'NameNotFound' | 'NoAnswer';
      readonly message: string;
    }
  | {
      /** Fails: the server replied, and said that it cannot answer. */
      readonly kind: 'Fails';
      readonly reason: 'ServerFailure' | 'Refused';
      readonly message: string;
    }
  | { readonly kind: 'Silent'; readonly message: string }
  | { readonly kind: 'Settling' | 'TooLong'; readonly message: string }
  | { readonly kind: 'Broken'; readonly message: string };

/** answerOf judges what was seen of one lookup. */
export function answerOf(lookup: DNSLookup, seen: SeenOutcome, known: Known): Answer {
  switch (seen.kind) {
    case 'TimedOut':
      return { kind: 'Silent', message: 'no answer in time' };
    case 'Unreachable':
      return { kind: 'Silent', message: 'it could not be reached (refused, or no way to it)' };
    case 'ServerFailure':
      return { kind: 'Fails', reason: 'ServerFailure', message: 'SERVFAIL' };
    case 'Refused':
      return { kind: 'Fails', reason: 'Refused', message: 'REFUSED' };
    case 'Broken':
      return isReply(seen.text)
        ? { kind: 'Fails', reason: 'ServerFailure', message: 'a reply that is no answer' }
        : { kind: 'Broken', message: `nslookup printed what cannot be understood: ${firstLine(seen.text)}` };
    default:
      return opinionOn(lookup, seen, known);
  }
}

/**
 * isReply tells what a server sent, if only garbage, from what nslookup could not even ask. An answer that is larger than
 * is read begins as a good one does, and is no fault of the server.
 */
function isReply(text: string): boolean {
  return /^(?:(?:;; )+(?:Got bad packet|Question section mismatch|ERROR: |Warning: )|\*\* server can't find )/m.test(
    text,
  );
}

function opinionOn(lookup: DNSLookup, seen: SeenOutcome, known: Known): Answer {
  if (lookup.expect === 'NXDomain') {
    if (seen.kind === 'NXDomain') return { kind: 'Right' };
    const wrong = wrongAnswer(`expected NXDOMAIN, got ${saw(seen)}`);
    return settlingOf(expectedOfLookup(lookup, seen, known.cluster), known, []) ?? wrong;
  }
  const expected = expectedOfLookup(lookup, seen, known.cluster);
  if (lookup.expect === 'Records') {
    const records = (lookup.records ?? []).map((each) => canonicalRecord(lookup.type, each));
    const got = seen.records.map((each) => canonicalRecord(lookup.type, each));
    const differing = difference(new Set(records), new Set(got));
    if (seen.kind === 'Answer' && differing.length === 0) return { kind: 'Right' };
    const recent = differing.filter((each) => isAfter(dateIn(expected, each), known.settledTime));
    return (
      settlingOf(expected, known, recent.length === differing.length ? recent : []) ??
      wrong(seen, records.join(', '), undefined)
    );
  }
  return expected === undefined ? anyAnswer(lookup, seen) : byTheAPI(lookup, seen, expected, known);
}

function anyAnswer({ type }: DNSLookup, seen: SeenOutcome): Answer {
  const answered = seen.records.length > 0 || (type === 'CNAME' && (seen.aliases ?? []).length > 0);
  return seen.kind === 'Answer' && answered ? { kind: 'Right' } : wrong(seen, 'an answer', undefined);
}

function byTheAPI(lookup: DNSLookup, seen: SeenOutcome, expected: Expected, known: Known): Answer {
  const { records, alias, recordOf } = expected;
  const aliases = (seen.aliases ?? []).map(absolute);
  if (alias !== undefined) {
    const told = lookup.type === 'CNAME' ? [...seen.records.map(absolute), ...aliases] : aliases;
    if (seen.kind !== 'NXDomain' && told[0] === alias) return { kind: 'Right' };
    return settlingOf(expected, known, []) ?? wrong(seen, `an alias of ${alias}`, expected);
  }
  const got = new Set(seen.records.map((each) => recordOf(canonicalRecord(lookup.type, each))));
  const differing = difference(new Set(records.keys()), got);
  if (seen.kind === 'Answer' && differing.length === 0 && got.size > 0) return { kind: 'Right' };
  const names = [...records.keys()].join(', ');
  const what = expected.view === undefined ? 'an answer' : names === '' ? 'no record' : names;
  const judged = differing.filter((each) => !isRecent(each, expected, known));
  const recent = differing.length > 0 && judged.length === 0 ? differing : [];
  return settlingOf(expected, known, recent) ?? wrong(seen, what, expected);
}

/**
 * A name that goes through the search list is what the first suffix makes of it under which the API has something; the
 * name under which it was found counts where that is decided, too.
 */
function expectedOfLookup(lookup: DNSLookup, seen: SeenOutcome, cluster: ClusterView): Expected | undefined {
  const { name, type } = lookup;
  if (!isRelative([name, type])) return expectedOf(cluster, name, type);
  const { domain, ownNamespace } = cluster;
  const candidates = searchOf(ownNamespace, domain)
    .flatMap((suffix) => expectedOf(cluster, `${name}.${suffix}.`, type) ?? [])
    .concat(expectedOf(cluster, `${name}.`, type) ?? []);
  const existing = candidates.find(({ view }) => view !== undefined);
  if (existing !== undefined) return existing;
  const removed = candidates.find(({ service }) => cluster.removedServices.has(service));
  return removed ?? (seen.name === undefined ? undefined : expectedOf(cluster, seen.name, type));
}

function wrong(seen: SeenOutcome, what: string, expected: Expected | undefined): Answer {
  const missing =
    expected !== undefined && expected.view === undefined
      ? `; the API has no Service ${expected.service} either`
      : '';
  const message = `expected ${what}, got ${saw(seen)}${missing}`;
  if (seen.kind === 'NXDomain') return { kind: 'Wrong', reason: 'NameNotFound', message };
  const none = seen.kind === 'NoData' || seen.records.length === 0;
  return { kind: 'Wrong', reason: none ? 'NoAnswer' : 'WrongAnswer', message };
}

function wrongAnswer(message: string): Answer {
  return { kind: 'Wrong', reason: 'WrongAnswer', message };
}

function saw({ kind, records, aliases = [] }: SeenOutcome): string {
  if (kind === 'NXDomain') return 'NXDOMAIN';
  const alias = aliases.length === 0 ? '' : `an alias of ${aliases.slice(0, 3).join(', ')}`;
  if (records.length === 0) return alias === '' ? 'no record' : `${alias} and no record`;
  const more = records.length > 8 ? ` and ${records.length - 8} more` : '';
  return `${alias === '' ? '' : `${alias}, `}${records.slice(0, 8).join(', ')}${more}`;
}

function difference(one: ReadonlySet<string>, other: ReadonlySet<string>): readonly string[] {
  return [...[...one].filter((each) => !other.has(each)), ...[...other].filter((each) => !one.has(each))];
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? 'nothing'
  );
}
