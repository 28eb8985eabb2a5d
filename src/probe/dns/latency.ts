/** What the probe's own questions to one server come to: how long answers take, and whether one of a pair is lost. */
import type { SeenLatency } from '../../checks/dns/evidence.ts';
import { exchange, type OwnQuestion } from './exchange.ts';

/** singles and pairs are how many are asked: few, since every node asks every server. */
const singles = 5;
const pairsAtOnce = 10;

/** Measuring says whom to measure, and how. */
export interface Measuring {
  readonly address: string;
  readonly port: number;
  readonly question: OwnQuestion;
  readonly timeoutMilliseconds: number;
  /** silent tells that nslookup had no answer over UDP: one question is then waited for with patience. */
  readonly silent: boolean;
  readonly patienceMilliseconds: number;
  readonly signal: AbortSignal;
}

/** measure asks a server and sums up. It never fails. */
export async function measure(measuring: Measuring): Promise<SeenLatency> {
  const { question, timeoutMilliseconds, silent, patienceMilliseconds } = measuring;
  if (silent) {
    const [time] = await ask(measuring, [question], patienceMilliseconds);
    const late = time !== undefined && time > timeoutMilliseconds;
    const summed = summary(late || time === undefined ? [] : [time], 1);
    return late ? { ...summed, lateMilliseconds: Math.round(time) } : summed;
  }
  const times: number[] = [];
  let asked = 0;
  // Whoever does not answer twice in a row is not waited for again.
  for (let lost = 0; asked < singles && lost < 2 && !measuring.signal.aborted; asked += 1) {
    const [time] = await ask(measuring, [question], timeoutMilliseconds);
    if (time === undefined) lost += 1;
    else times.push(time);
  }
  const summed = summary(times, asked);
  return times.length === 0 ? summed : { ...summed, ...(await askPairs(measuring)) };
}

/** One or two halves may be chance: as many pairs again tell. */
async function askPairs(measuring: Measuring): Promise<Pick<SeenLatency, 'pairs' | 'halves'>> {
  const halves = await lostHalves(measuring);
  if (halves === 0 || halves > 2 || measuring.signal.aborted) return { pairs: pairsAtOnce, halves };
  return { pairs: 2 * pairsAtOnce, halves: halves + (await lostHalves(measuring)) };
}

async function lostHalves(measuring: Measuring): Promise<number> {
  const { question, timeoutMilliseconds, signal } = measuring;
  const both = (['A', 'AAAA'] as const).map((type) => ({ ...question, type }));
  const pairs = await Promise.all(
    Array.from({ length: pairsAtOnce }, () => ask(measuring, both, timeoutMilliseconds)),
  );
  // What was under way when time was up says nothing.
  if (signal.aborted) return 0;
  return pairs.filter(([one, other]) => (one === undefined) !== (other === undefined)).length;
}

function ask(
  { address, port, signal }: Measuring,
  questions: readonly OwnQuestion[],
  timeoutMilliseconds: number,
) {
  return exchange({ address, port, questions, timeoutMilliseconds, signal });
}

function summary(times: readonly number[], asked: number): SeenLatency {
  const sorted = times.map((time) => Math.max(1, Math.round(time * 1000))).sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { p50: at(0.5), p90: at(0.9), max: at(1), asked, answered: sorted.length, pairs: 0, halves: 0 };
}
