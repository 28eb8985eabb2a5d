/** What reading and judging a node's Service rules costs, in a cluster as large as they come. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { ExpectedTables } from '../../src/checks/service-rules/expected/expected.ts';
import { isObject } from '../../src/checks/shape.ts';
import { type Figure, median, type Section } from './figures.ts';
import { iptablesText, nftablesJson } from './many-rules.ts';
import { factsOf, servicesOf } from './many-services.ts';

const services = 10_000;
const endpoints = 10;
const repetitions = 3;

/** measureServiceRules measures both modes on one node, and what 200 nodes of a smaller cluster must have. */
export function measureServiceRules(): readonly Section[] {
  const folder = mkdtempSync(join(tmpdir(), 'netaudit-bench-'));
  try {
    const views = servicesOf(services, endpoints);
    const tracing = join(folder, 'tracing.mjs');
    buildSync({
      entryPoints: [join(import.meta.dirname, 'tracing.ts')],
      outfile: tracing,
      bundle: true,
      platform: 'node',
      format: 'esm',
      define: { 'import.meta.url': JSON.stringify(new URL('tracing.ts', import.meta.url).href) },
    });
    const figures = [
      ...figuresOf(tracing, 'iptables', iptablesText(views)),
      ...figuresOf(tracing, 'nftables', nftablesJson(views)),
    ];
    const title = 'Service rules of one node, 10,000 Services with 10 endpoints each';
    return [{ title, figures }, expectedSection()];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function figuresOf(tracing: string, mode: 'iptables' | 'nftables', text: string): readonly Figure[] {
  const file = `${tracing}.${mode}`;
  writeFileSync(file, text);
  const runs = Array.from({ length: repetitions }, () => measure(tracing, mode, file));
  const middle = (read: (run: Measured) => number) => median(runs.map(read));
  const whole = ({ seconds }: Measured) => Object.values(seconds).reduce((sum, each) => sum + each, 0);
  const size = `${mode}, ${(text.length / 1e6).toFixed(0)} MB`;
  const total = middle((run) => whole(run) - (run.seconds.splitting ?? 0));
  const figures: Figure[] = [
    { what: 'Read, trace and judge', value: total, unit: 's of one core', atMost: 3, note: size },
    ...['reading', 'tracing', 'digesting', 'judging'].map((what) => ({
      what: `Of it ${what}`,
      value: middle(({ seconds }) => seconds[what] ?? Number.NaN),
      unit: 's',
      note: mode,
    })),
    {
      what: 'Memory, the most at any time',
      value: middle(({ most }) => most),
      unit: 'MB',
      atMost: 400,
      note: mode,
    },
    {
      what: 'Memory without judging',
      value: middle(({ node }) => node),
      unit: 'MB',
      note: `${mode}, as on a node`,
    },
  ];
  if (mode === 'nftables') return figures;
  const split = middle(({ seconds }) => seconds.splitting ?? Number.NaN);
  return [
    ...figures,
    { what: 'Against splitting the text into lines', value: total / split, unit: 'times', note: mode },
  ];
}

interface Measured {
  readonly seconds: Readonly<Record<string, number>>;
  readonly node: number;
  readonly most: number;
}

function measure(script: string, mode: string, file: string): Measured {
  const out = execFileSync(
    process.execPath,
    [...nodeOptions(), script, mode, file, String(services), String(endpoints)],
    {
      encoding: 'utf8',
    },
  );
  const read: unknown = JSON.parse(out);
  if (!isObject(read) || !isObject(read.seconds)) throw new Error(`Not what was measured: ${out}`);
  const seconds = Object.entries(read.seconds).map(([what, value]) => [what, Number(value)] as const);
  return { seconds: Object.fromEntries(seconds), node: Number(read.node), most: Number(read.most) };
}

/** The options of Node that the probe's Jobs have, so that what is measured is what runs. */
function nodeOptions(): readonly string[] {
  const job = readFileSync(join(import.meta.dirname, '../golden/plan/job-node.json'), 'utf8');
  const options = job.match(/--max-[a-z-]+=\d+/g);
  if (options === null) throw new Error('The Job of a node has no options of Node');
  return options;
}

/** Each time from nothing: what is kept of one look at the cluster is none of the next one's. */
function expectedSection(): Section {
  const views = servicesOf(5000, endpoints);
  const figures = (['iptables', 'nftables'] as const).map((mode) => {
    const nodes = Array.from({ length: 200 }, (_, index) => factsOf(index, mode));
    const taken = Array.from({ length: repetitions }, () => {
      const before = process.cpuUsage();
      const tables = new ExpectedTables(views);
      for (const facts of nodes) tables.digests(facts, 'IPv4');
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    });
    return {
      what: 'What 200 nodes must have',
      value: median(taken),
      unit: 's of one core',
      atMost: 1,
      note: mode,
    };
  });
  return { title: 'Expected rules, a cluster of 5,000 Services with 10 endpoints each', figures };
}
