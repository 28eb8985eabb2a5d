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
  try {
    await askAll({
      task,
      questions,
      command: means.command,
      nameservers: nameservers.length,
      signal,
      done(index, result) {
        results[index] = typeof result === 'number' ? result : outcomes.number(result);
        context.progress(evidence());
      },
    });
    if (over.signal.aborted && !context.signal.aborted) markOver(results);
    const silent = (server: Server) =>
      questions.some(
        (question, index) =>
          question.server === server &&
          question.transport === 'UDP' &&
          isSilent(outcomes.all()[results[index] ?? -1]?.kind),
      );
    const question = ownQuestion(task, 'problem' in resolvConf ? [] : resolvConf.search);
    const [gate, patient] = [new Gate(measuredAtOnce), new Gate(servers.length)];
    await Promise.all(
      servers.map(async (server, index) => {
        const address = server.path === 'ResolvConf' ? nameservers[0] : server.address;
        if (question === undefined || address === undefined) return;
        const port = server.path === 'ResolvConf' ? means.port : server.port;
        const isPatient = silent(server);
        await (isPatient ? patient : gate).through(async () => {
          if (signal.aborted) return;
          const { patienceMilliseconds } = means;
          const timeoutMilliseconds = task.timeoutSeconds * 1000;
          const whom = { address, port, question, silent: isPatient };
          const seen = await measure({ ...whom, timeoutMilliseconds, patienceMilliseconds, signal });
          // What was under way when time was up says nothing.
          if (signal.aborted) return;
          latencies[index] = seen;
          context.progress(evidence());
        });
      }),
    );
  } finally {
    clearTimeout(timer);
    // A failure of one question ends the others.
    over.abort();
  }
  return evidence();
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
