/** DNS' probe: asks what its task says with nslookup, then measures each server with a few questions of its own. */
import { readFile } from 'node:fs/promises';
import type { OwnQuestion } from '../../probe/dns/exchange.ts';
import { measure } from '../../probe/dns/latency.ts';
import { askAll } from '../../probe/dns/lookups.ts';
import { Outcomes } from '../../probe/dns/outcomes.ts';
import { Gate } from '../../probe/flows/gate.ts';
import type { Task } from '../check.ts';
import type { ProbeContext, ProbeKind } from '../probe.ts';
import { type Evidence, notAsked, type SeenLatency } from './evidence.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { type DNSTask, isRelative, questionsOf, readTask, type Server, serversOf } from './task.ts';

/** Means are what a probe asks with; tests give their own. */
export interface Means {
  readonly resolvConf: string;
  readonly command: readonly [string, ...string[]];
  /** patienceMilliseconds: a resolver asks again after five seconds, so that what was lost comes soon after. */
  readonly patienceMilliseconds: number;
  /** port is that of the servers of resolv.conf. */
  readonly port: number;
}

const means: Means = {
  resolvConf: '/etc/resolv.conf',
  command: ['nslookup'],
  patienceMilliseconds: 6500,
  port: 53,
};

/** dnsProbe is the kind, as the probe's process sees it. */
export const dnsProbe: ProbeKind = { type: 'DNS', probe: (task, context) => probe(task, context, means) };

/** measuredAtOnce bounds the servers that are measured at once: an answer must not wait for the probe itself. */
const measuredAtOnce = 2;

/** probe carries a task out. It fails when the task is none of DNS, or nslookup cannot be run. */
export async function probe(given: Task, context: ProbeContext, means: Means): Promise<Evidence> {
  const task = readTask(given);
  if (task === undefined) throw new Error('the task is none of DNS');
  const resolvConf = await readResolvConf(means.resolvConf);
  const nameservers = 'problem' in resolvConf ? [] : resolvConf.nameservers;
  const servers = serversOf(task, nameservers);
  const questions = questionsOf(task, servers);
  const results: number[] = questions.map(() => notAsked.pending);
  const latencies: (SeenLatency | null)[] = servers.map(() => null);
  const outcomes = new Outcomes();
  const evidence = (): Evidence => ({
    version: 1,
    resolvConf,
    results: [...results],
    outcomes: outcomes.all(),
    latencies: [...latencies],
  });
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), task.budget.seconds * 1000);
  const signal = AbortSignal.any([context.signal, over.signal]);
  const progress = () => context.progress(evidence());
  try {
    await askAll({
      task,
      questions,
      command: means.command,
      nameservers: nameservers.length,
      signal,
      done(index, result) {
        results[index] = typeof result === 'number' ? result : outcomes.number(result);
        progress();
      },
    });
    if (over.signal.aborted && !context.signal.aborted) markOver(results);
    const kinds = results.map((result) => outcomes.all()[result]?.kind);
    const silent = (server: Server) =>
      questions.some(
        (question, index) =>
          question.server === server && question.transport === 'UDP' && isSilent(kinds[index]),
      );
    const question = ownQuestion(task, 'problem' in resolvConf ? [] : resolvConf.search);
    const targets = servers.map((server) => ({
      ...addressed(server, nameservers[0], means.port),
      silent: silent(server),
    }));
    await measureAll(
      { task, question, targets, patienceMilliseconds: means.patienceMilliseconds, signal },
      (index, seen) => {
        latencies[index] = seen;
        progress();
      },
    );
  } finally {
    clearTimeout(timer);
    // A failure of one question ends the others.
    over.abort();
  }
  return evidence();
}

/** Target is a server to measure; without an address, resolv.conf has none. */
interface Target {
  readonly address?: string | undefined;
  readonly port: number;
  readonly silent: boolean;
}

interface MeasuringAll {
  readonly task: DNSTask;
  readonly question: OwnQuestion | undefined;
  readonly targets: readonly Target[];
  readonly patienceMilliseconds: number;
  readonly signal: AbortSignal;
}

function addressed(server: Server, first: string | undefined, port: number): Omit<Target, 'silent'> {
  return server.path === 'ResolvConf' ? { address: first, port } : server;
}

/** measureAll waits for all silent servers at once, and measures the others a few at a time. */
async function measureAll(
  { task, question, targets, patienceMilliseconds, signal }: MeasuringAll,
  done: (index: number, seen: SeenLatency) => void,
): Promise<void> {
  const timeoutMilliseconds = task.timeoutSeconds * 1000;
  const gates = { silent: new Gate(targets.length), answering: new Gate(measuredAtOnce) };
  await Promise.all(
    targets.map(async ({ address, port, silent }, index) => {
      if (question === undefined || address === undefined) return;
      await (silent ? gates.silent : gates.answering).through(async () => {
        if (signal.aborted) return;
        const seen = await measure({
          address,
          port,
          question,
          silent,
          timeoutMilliseconds,
          patienceMilliseconds,
          signal,
        });
        // What was under way when time was up says nothing.
        if (!signal.aborted) done(index, seen);
      });
    }),
  );
}

/** markOver tells what there was no time for. */
function markOver(results: number[]): void {
  for (const [index, result] of results.entries())
    if (result === notAsked.pending) results[index] = notAsked.budget;
}

function isSilent(kind: string | undefined): boolean {
  return kind === 'TimedOut' || kind === 'Unreachable';
}

async function readResolvConf(path: string): Promise<Evidence['resolvConf']> {
  try {
    const { nameservers, search, ndots } = parseResolvConf(await readFile(path, 'latin1'));
    // Printable names are all that a resolver can have use for.
    return { nameservers, search: search.filter((each) => /^[!-~]{1,253}$/.test(each)), ndots };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problem: message.slice(0, 200).replaceAll(/[^ -~]/g, '?') };
  }
}

/** ownQuestion is the name to measure with: an absolute one of an address, else any, else one of the cluster's zone. */
function ownQuestion({ lookups }: DNSTask, search: readonly string[]): OwnQuestion | undefined {
  const absolute = lookups.filter((each) => !isRelative(each) && each[0].endsWith('.'));
  const [name, type] = absolute.find(([, type]) => type === 'A' || type === 'AAAA') ?? absolute[0] ?? [];
  if (name !== undefined) return { name, type: type === 'AAAA' ? 'AAAA' : 'A' };
  const [relative] = lookups.find(isRelative) ?? [];
  const zone = search.find((each) => each.startsWith('svc.')) ?? search[0];
  if (relative === undefined) return undefined;
  return { name: zone === undefined ? `${relative}.` : `${relative}.${zone}.`, type: 'A' };
}
