/** What a probe costs its node: from its start to its first packet, how many pairs it gets through, and memory. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { isObject } from '../../src/checks/shape.ts';
import { type Figure, median, type Section } from './figures.ts';

/** measureProbe runs the probe's bundle a few times against 50 responders and against 100. */
export function measureProbe(): Section {
  return {
    title: 'The probe, on one core, TCP and UDP',
    figures: [50, 100].flatMap((peers) => figuresOf(peers)),
  };
}

function figuresOf(peers: number): readonly Figure[] {
  const runs = Array.from({ length: 5 }, () => measure(peers));
  const middle = (field: string) => median(runs.map((run) => run[field] ?? Number.NaN));
  const note = `${peers} peers`;
  const questions = 2 * peers;
  const healthy = Math.min(...runs.map((run) => run.healthy ?? 0));
  if (healthy < questions) throw new Error(`Only ${healthy} of ${questions} questions went as expected`);
  return [
    { what: 'From start to first packet', value: middle('startMilliseconds'), unit: 'ms', note },
    { what: 'From start to end', value: middle('seconds'), unit: 's', note },
    { what: 'Pairs', value: peers / middle('seconds'), unit: 'per second', note },
    { what: 'Memory, the most at any time', value: middle('megabytes'), unit: 'MB', note },
  ];
}

function measure(peers: number): Readonly<Record<string, number>> {
  const script = join(import.meta.dirname, 'peers.ts');
  const out = execFileSync('unshare', ['--net', process.execPath, script, String(peers)], {
    encoding: 'utf8',
  });
  const read: unknown = JSON.parse(out);
  if (!isObject(read)) throw new Error(`Not an object: ${out}`);
  return Object.fromEntries(Object.entries(read).map(([field, value]) => [field, Number(value)]));
}
