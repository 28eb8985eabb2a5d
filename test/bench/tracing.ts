/**
 * One node's rules, from the text of its tool to the verdict, in a process of its own: `tracing.ts iptables|nftables <file>
 * <Services> <endpoints>`. Prints seconds of processor time, all threads together, by what was done, and the most memory.
 */
import { readFileSync } from 'node:fs';
import { Digests } from '../../src/checks/service-rules/digest.ts';
import { ExpectedTables } from '../../src/checks/service-rules/expected/expected.ts';
import { type HostNetwork, readHost } from '../../src/checks/service-rules/host/host.ts';
import { readIptablesSave } from '../../src/checks/service-rules/iptables/save.ts';
import type { Reading } from '../../src/checks/service-rules/model.ts';
import { readNft } from '../../src/checks/service-rules/nft/ruleset.ts';
import { tableOf } from '../../src/checks/service-rules/table/table.ts';
import { combine } from '../../src/checks/service-rules/trace/combine.ts';
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
const { config, ...facts } = factsOf(1, mode);

/** Nothing of the rules is kept: the judge, in another process, gets the digests. */
function digestsOfNode(network: HostNetwork): { readonly digests: Digests; readonly rows: number } {
  const text = readFileSync(file, 'utf8');
  timed('splitting', () => text.split('\n').length);
  const reading = timed('reading', () => readingOf(text));
  const rulesets = reading.kind === 'Read' ? reading.rulesets : [];
  const [first, ...others] = rulesets.filter(({ family }) => family === 'IPv4');
  if (first === undefined) throw new Error('No rules were read');
  const { rows } = timed('tracing', () =>
    tableOf({
      ruleset: combine([first, ...others]),
      family: 'IPv4',
      ...(facts.primary.IPv4 === undefined ? {} : { primary: facts.primary.IPv4 }),
      host: network.addresses,
      outInterface: network.outInterface,
      ...(network.uplink.IPv4 === undefined ? {} : { uplink: network.uplink.IPv4 }),
      ...(config === undefined ? {} : { config }),
    }),
  );
  const digests = new Digests();
  timed('digesting', () => {
    for (const { entry } of rows) digests.add(entry);
  });
  return { digests, rows: rows.length };
}

const { digests, rows } = digestsOfNode(host);
const node = memoryOf(process.pid).most;
const views = servicesOf(Number(services), Number(endpoints));
const differing = timed('judging', () => {
  const known = { ...facts, ...(config === undefined ? {} : { config }) };
  return new ExpectedTables(views).digests(known, 'IPv4').differing(digests);
});
if (differing.length > 0) throw new Error(`${differing.length} buckets differ of a node without fault`);
console.log(JSON.stringify({ seconds, rows, node, most: memoryOf(process.pid).most }));
