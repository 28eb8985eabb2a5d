/** What of a node's differences counts, and how all of one reason is told at once. */
import type { EvidenceExcerpt } from '../../verdict.ts';
import type { Difference } from '../difference/difference.ts';
import { bucketOf } from '../digest.ts';
import type { Evidence } from '../evidence.ts';
import { addressOfSocket } from '../expected/sockets.ts';
import type { Reason } from '../reasons.ts';
import { type Opinion, subjects } from './opinion.ts';
import { isAnswering } from './run.ts';

/** Fault is a difference that counts, with the endpoints of it that do, and few of the rules behind it. */
export interface Fault {
  readonly difference: Difference;
  readonly what: readonly string[];
  readonly rules: readonly string[];
}

/** examples is how many faults are told in words, and named how many Services are named beside. */
const examples = 3;
const named = 6;

/** shownRules and longestRule bound the evidence of a finding: it must fit where findings are kept. */
const shownRules = 4;
const longestRule = 190;

/** toldOf tells the faults of one reason in the same words for all buckets: hundreds of stale Services have one cause. */
export function toldOf(reason: Reason, faults: readonly Fault[], evidence: Evidence, lead = ''): Opinion {
  const ordered = [...faults].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const shown = ordered.slice(0, examples).map(sentenceOf);
  const services = [...new Set(ordered.map(({ difference }) => difference.service ?? ''))].filter(Boolean);
  const left = ordered.length - shown.length;
  const count = ordered.length === 1 ? '' : `${ordered.length} destinations${ofServices(services)}: `;
  const more = left === 0 ? '' : `; and ${left} more${namesOf(services, ordered.slice(0, examples))}`;
  const causes = [...foreignTo(reason, evidence), ...stateOf(evidence)];
  const message = [`${lead}${count}${shown.join('; ')}${more}`, ...causes].join('; ');
  const buckets = new Set(ordered.map(({ difference }) => bucketOf(difference.destination)));
  const excerpt = excerptOf(ordered, reason === 'PacketsTaken' ? evidence : undefined);
  return {
    outcome: reason === 'RuleNotUnderstood' ? 'Unknown' : 'Failed',
    reason,
    message,
    about: subjects.services,
    questions: buckets.size,
    ...(excerpt === undefined ? {} : { evidence: excerpt }),
  };
}

/** sentenceOf is one fault in words, with the Service that it is about. */
export function sentenceOf({ difference: { portName = '', sentence, service } }: Fault): string {
  if (service === undefined) return sentence;
  return `${service}${portName === '' ? '' : `:${portName}`}: ${sentence}`;
}

function ofServices({ length }: readonly string[]): string {
  return length === 0 ? '' : ` of ${length} Service${length === 1 ? '' : 's'}`;
}

function namesOf(services: readonly string[], shown: readonly Fault[]): string {
  const told = new Set(shown.map(({ difference }) => difference.service));
  const rest = services.filter((name) => !told.has(name));
  if (rest.length === 0) return '';
  return `, also of ${rest.slice(0, named).join(', ')}${rest.length > named ? ' …' : ''}`;
}

/** Whose rules take packets the node itself has seen, as far as it could tell them apart. */
function foreignTo(reason: Reason, { foreign }: Evidence): readonly string[] {
  if (reason !== 'PacketsTaken') return [];
  return foreign.slice(0, 2).map(({ rule }) => `rule of another agent: ${rule}`);
}

function stateOf({ proxy }: Evidence): readonly string[] {
  if (!isAnswering(proxy) || proxy.lastSyncTime === undefined) return [];
  return [`kube-proxy last wrote its rules at ${proxy.lastSyncTime}`];
}

function excerptOf(faults: readonly Fault[], evidence: Evidence | undefined): EvidenceExcerpt | undefined {
  const foreign = evidence?.foreign.map(({ rule }) => rule) ?? [];
  const rules = [...new Set([...foreign, ...faults.flatMap(tellingFirst)])]
    .slice(0, shownRules)
    .map((rule) => (rule.length > longestRule ? `${rule.slice(0, longestRule - 1)}…` : rule));
  return rules.length === 0 ? undefined : { rules };
}

/** Of the rules behind a row, those that name what is wrong tell most. */
function tellingFirst({ rules, what }: Fault): readonly string[] {
  const addresses = what.map(addressOfSocket);
  const isTelling = (rule: string) => addresses.some((address) => rule.includes(address));
  return [...rules.filter(isTelling), ...rules.filter((rule) => !isTelling(rule))];
}

function keyOf({ difference: { destination, sentence, service = '' } }: Fault): string {
  return `${service} ${destination.kind} ${destination.address} ${destination.port} ${sentence}`;
}
