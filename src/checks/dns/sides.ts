/** What was asked and seen, ordered for judging: by node, by server and transport, by replica. */
import type { DNSLookup, DNSOptions, DNSService } from '../../api/v1alpha1/index.ts';
import type { JudgeInput, Report } from '../check.ts';
import { type Answer, answerOf } from './answer.ts';
import type { Known } from './changes.ts';
import type { Evidence, SeenLatency, SeenOutcome } from './evidence.ts';
import { readEvidence } from './evidence-reader.ts';
import { dnsTask } from './plan.ts';
import {
  chosenService,
  type DNSTask,
  type Question,
  questionsOf,
  type Server,
  serversOf,
  type Transport,
} from './task.ts';

/** Look is one question of one node, with what was seen of it. */
export interface Look extends Question {
  readonly node: string;
  /** serverIndex is the index of the server among the node's servers. */
  readonly serverIndex: number;
  readonly asked: DNSLookup;
  /** result is the evidence's own: an index, or why it was not asked. */
  readonly result: number;
  readonly seen?: SeenOutcome;
  /** answer is absent where nothing was asked. */
  readonly answer?: Answer;
}

/** Cell is what one node asked one server over one transport. */
export interface Cell {
  readonly node: string;
  readonly server: Server;
  readonly transport: Transport;
  readonly looks: readonly Look[];
  /** state: Silent and Failing servers gave no answer to anything that they were asked; Failing ones replied. */
  readonly state: 'Unasked' | 'Silent' | 'Failing' | 'Answers';
}

/** Side is one prober. */
export interface Side {
  readonly node: string;
  readonly task: DNSTask;
  readonly report: Report | undefined;
  /** problem says why there is no evidence that could be read. */
  readonly problem?: string;
  readonly evidence?: Evidence;
  /** service is the DNS Service that this node asks. */
  readonly service?: DNSService;
  readonly servers: readonly Server[];
  readonly looks: readonly Look[];
  readonly cells: readonly Cell[];
}

/** sidesOf reads the reports of all probers. */
export function sidesOf(input: JudgeInput, options: DNSOptions): readonly Side[] {
  const { plan, check, reports } = input;
  const answers = answersOf(input.api);
  return plan.nodes.flatMap(({ name }) => {
    const task = dnsTask(plan, check, name);
    return task === undefined ? [] : [sideOf(name, task, reports.get(name), options, answers)];
  });
}

/** latencyOf is what was measured of the server of a question. */
export function latencyOf(side: Side, { serverIndex }: Pick<Look, 'serverIndex'>): SeenLatency | undefined {
  return side.evidence?.latencies[serverIndex] ?? undefined;
}

/** nameserversOf are the servers that the Pod's resolv.conf names. */
export function nameserversOf({ evidence }: Side): readonly string[] {
  return evidence === undefined || 'problem' in evidence.resolvConf ? [] : evidence.resolvConf.nameservers;
}

function sideOf(
  node: string,
  task: DNSTask,
  report: Report | undefined,
  { lookups, services }: DNSOptions,
  answers: (lookup: DNSLookup, seen: SeenOutcome) => Answer,
): Side {
  const nothing = { node, task, report, servers: [], looks: [], cells: [] };
  if (report?.kind !== 'Answered') return nothing;
  const read = readEvidence(report.evidence, task);
  if (!read.ok) return { ...nothing, problem: read.problem };
  const { evidence } = read;
  const nameservers = 'problem' in evidence.resolvConf ? [] : evidence.resolvConf.nameservers;
  const servers = serversOf(task, nameservers);
  const looks = questionsOf(task, servers).flatMap((question, position): readonly Look[] => {
    const asked = lookups[question.lookup];
    const result = evidence.results[position] ?? -1;
    const seen = evidence.outcomes[result];
    if (asked === undefined) return [];
    const look = { ...question, node, serverIndex: servers.indexOf(question.server), asked, result };
    return [seen === undefined ? look : { ...look, seen, answer: answers(asked, seen) }];
  });
  const service = services[chosenService(task, nameservers)];
  const side = { node, task, report, evidence, servers, looks, cells: cellsOf(node, looks) };
  return service === undefined ? side : { ...side, service };
}

function cellsOf(node: string, looks: readonly Look[]): readonly Cell[] {
  const cells = Map.groupBy(looks, ({ serverIndex, transport }) => `${serverIndex} ${transport}`);
  return [...cells.values()].flatMap((ours) => {
    const [first] = ours;
    if (first === undefined) return [];
    const { server, transport } = first;
    return [{ node, server, transport, looks: ours, state: stateOf(ours) }];
  });
}

function stateOf(looks: readonly Look[]): Cell['state'] {
  const kinds = looks.flatMap(({ answer }) =>
    answer === undefined || answer.kind === 'Broken' ? [] : [answer.kind],
  );
  if (kinds.length === 0) return 'Unasked';
  if (kinds.some((kind) => kind !== 'Silent' && kind !== 'Fails')) return 'Answers';
  return kinds.includes('Fails') ? 'Failing' : 'Silent';
}

/** Most nodes see the same: what an answer is worth is found out once. */
function answersOf(known: Known): (lookup: DNSLookup, seen: SeenOutcome) => Answer {
  const found = new Map<DNSLookup, Map<string, Answer>>();
  const keys = new WeakMap<SeenOutcome, string>();
  return (lookup, seen) => {
    const ours = found.get(lookup) ?? new Map<string, Answer>();
    found.set(lookup, ours);
    const key = keys.get(seen) ?? keyOf(seen);
    keys.set(seen, key);
    const answer = ours.get(key) ?? answerOf(lookup, seen, known);
    ours.set(key, answer);
    return answer;
  };
}

function keyOf({ kind, name, records, aliases, text }: SeenOutcome): string {
  return [kind, name, records.join(), aliases?.join(), kind === 'Broken' ? text : ''].join('\n');
}
