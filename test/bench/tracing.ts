/**
 * One node's rules, from the text of its tool to the verdict, in a process of its own: `tracing.ts iptables|nftables <file>
 * <Services> <endpoints>`. Prints seconds of processor time, all threads together, by what was done, and the most memory.
 */
import { readFileSync } from 'node:fs';
import { combine } from '../../src/checks/service-rules/combine.ts';
import { Digests } from '../../src/checks/service-rules/digest.ts';
import { ExpectedTables } from '../../src/checks/service-rules/expected.ts';
import { readHost } from '../../src/checks/service-rules/host.ts';
import { readIptablesSave } from '../../src/checks/service-rules/iptables-save.ts';
import type { Reading } from '../../src/checks/service-rules/model.ts';
import { readNft } from '../../src/checks/service-rules/nft.ts';
import { tableOf } from '../../src/checks/service-rules/table.ts';
import { factsOf, servicesOf } from './many-services.ts';
import { memoryOf } from './memory.ts';

const [mode = '', file = '', services = '0', endpoints = '0'] = process.argv.slice(2);
if (mode !== 'iptables' && mode !== 'nftables') throw new Error(`There is no mode ${mode}`);
const seconds: Record<string, number> = {};

/** timed runs something and notes what it took: who else is at work on this machine does not count. */
function timed<T>(what: string, run: () => T): T {
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  seconds[what] = (user + system) / 1e6;
  return result;
}

function readingOf(text: string): Reading {
  return mode === 'nftables'
    ? readNft(text, { iptablesTables: false })
    : readIptablesSave(text, 'iptables-nft', 'IPv4');
}

function captured(name: string): string {
  return readFileSync(new URL(`../fixtures/kube-proxy/nftables-healthy/${name}`, import.meta.url), 'utf8');
}

const rule = JSON.stringify([
  { priority: 0, src: 'all', table: 'local' },
  { priority: 32_766, src: 'all', table: 'main' },
]);
const host = readHost({ addr: captured('n1.ip-addr.json'), route: captured('n1.ip-route.json'), rule });
if (host === undefined) throw new Error('The captured node has no addresses');
const text = readFileSync(file, 'utf8');
const { config, ...facts } = factsOf(1, mode);
const reading = timed('reading', () => readingOf(text));
const [first, ...others] =
  reading.kind === 'Read' ? reading.rulesets.filter(({ family }) => family === 'IPv4') : [];
if (first === undefined) throw new Error(`Nothing was read: ${JSON.stringify(reading)}`);
const table = timed('tracing', () =>
  tableOf({
    ruleset: combine([first, ...others]),
    family: 'IPv4',
    ...(facts.primary.IPv4 === undefined ? {} : { primary: facts.primary.IPv4 }),
    host: host.addresses,
    outInterface: host.outInterface,
    ...(host.uplink.IPv4 === undefined ? {} : { uplink: host.uplink.IPv4 }),
    ...(config === undefined ? {} : { config }),
  }),
);
const actual = timed('digesting', () => {
  const digests = new Digests();
  for (const { entry } of table.rows) digests.add(entry);
  return digests;
});
const node = memoryOf(process.pid).most;
const views = servicesOf(Number(services), Number(endpoints));
const differing = timed('judging', () =>
  new ExpectedTables(views)
    .digests({ ...facts, ...(config === undefined ? {} : { config }) }, 'IPv4')
    .differing(actual),
);
if (differing.length > 0) throw new Error(`${differing.length} buckets differ of a node without fault`);
const lines = timed('splitting', () => text.split('\n').length);
console.log(
  JSON.stringify({ seconds, rows: table.rows.length, lines, node, most: memoryOf(process.pid).most }),
);
