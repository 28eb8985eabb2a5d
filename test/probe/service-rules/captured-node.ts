/** Means that read a captured node instead of this one: what its tools and its kube-proxy said at that moment. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from '../../../src/checks/service-rules/evidence.ts';
import { probe } from '../../../src/checks/service-rules/probe.ts';
import { isObject } from '../../../src/checks/shape.ts';
import type { Ran } from '../../../src/probe/service-rules/command.ts';
import type { Said } from '../../../src/probe/service-rules/loopback.ts';
import type { Means } from '../../../src/probe/service-rules/means.ts';

const captures = join(import.meta.dirname, '../../fixtures/kube-proxy');

/** Node is what a node says to whom: a text, or a problem. What is not there is empty, or not answered. */
export interface Node {
  /** tools are texts by command line. */
  readonly tools: Readonly<Record<string, string | { readonly problem: string }>>;
  /** ports are bodies by port and path, as `10249/proxyMode`. */
  readonly ports: Readonly<Record<string, string | { readonly status: number; readonly body: string }>>;
  readonly files: Readonly<Record<string, string>>;
}

/** rules are those that every network has. */
const usualRules = JSON.stringify([
  { priority: 0, src: 'all', table: 'local' },
  { priority: 32_766, src: 'all', table: 'main' },
  { priority: 32_767, src: 'all', table: 'default' },
]);

/** capturedFile is a file of the captures. */
export function capturedFile(path: string): string {
  return readFileSync(join(captures, path), 'utf8');
}

/** capturedNode is a node of a capture; the other family's tools print nothing. */
export function capturedNode(capture: string, name: string): Node {
  const file = (what: string) => {
    const path = `${capture}/${name}.${what}`;
    return existsSync(join(captures, path)) ? capturedFile(path) : '';
  };
  const mode = capture.startsWith('nftables') ? 'nftables' : 'iptables';
  return {
    tools: {
      'iptables-nft-save': file('iptables-save.txt'),
      'ip6tables-nft-save': file('ip6tables-save.txt'),
      ...nftTools(file('nft.json') || '{"nftables": [{"metainfo": {"json_schema_version": 1}}]}'),
      'ip -j addr': file('ip-addr.json'),
      'ip -j route': file('ip-route.json'),
      'ip -j rule': usualRules,
      'ip -j -6 rule': usualRules,
    },
    ports: {
      '10249/proxyMode': mode,
      '10249/configz': capturedFile('kube-proxy-configz.json').replace(
        '"mode":"iptables"',
        `"mode":"${mode}"`,
      ),
      '10249/metrics': capturedFile('kube-proxy-metrics.txt'),
      '10256/healthz': capturedFile('kube-proxy-healthz.json'),
    },
    files: {},
  };
}

/** nftTools are the answers to `list tables` and `list table`, out of one to `list ruleset`. */
function nftTools(text: string): Readonly<Record<string, string>> {
  const listing: { readonly nftables: readonly { readonly [kind: string]: unknown }[] } = JSON.parse(text);
  const of = (object: { readonly [kind: string]: unknown }) => {
    const [kind = '', body] = Object.entries(object)[0] ?? [];
    if (!isObject(body) || kind === 'metainfo') return '';
    return `${body.family} ${kind === 'table' ? body.name : body.table}`;
  };
  const listOf = (which: (object: { readonly [kind: string]: unknown }) => boolean) =>
    JSON.stringify({ nftables: listing.nftables.filter((each) => 'metainfo' in each || which(each)) });
  const tables = listing.nftables.filter((each) => 'table' in each).map(of);
  return {
    'nft -j list tables': listOf((each) => 'table' in each),
    ...Object.fromEntries(
      tables.map((table) => [`nft -j list table ${table}`, listOf((each) => of(each) === table)]),
    ),
  };
}

/** asked are the command lines that were run, in order. */
export interface CapturedMeans extends Means {
  readonly asked: string[];
}

/** meansOn are the means that read such a node. */
export function meansOn({ tools, ports, files }: Node): CapturedMeans {
  const asked: string[] = [];
  return {
    asked,
    run(program, args): Promise<Ran> {
      const line = [program, ...args].join(' ');
      asked.push(line);
      const said = tools[line] ?? '';
      return Promise.resolve(typeof said === 'string' ? { ok: true, text: said } : { ok: false, ...said });
    },
    ask(port, path): Promise<Said> {
      const said = ports[`${port}${path}`];
      if (said === undefined) return Promise.resolve({ ok: false, problem: 'refused' });
      return Promise.resolve({
        ok: true,
        ...(typeof said === 'string' ? { status: 200, body: said } : said),
      });
    },
    read: (path) => Promise.resolve(files[path]),
    now: () => new Date('2026-11-22T07:27:00Z'),
  };
}

/** Probed is what came of a probe. */
export interface Probed {
  readonly evidence: Evidence;
  readonly lines: readonly string[];
  readonly asked: readonly string[];
}

/** probed runs the probe on a node. */
export async function probed(node: Node, podAddresses: readonly string[] = ['10.89.0.11']): Promise<Probed> {
  const lines: string[] = [];
  const means = meansOn(node);
  const context = {
    signal: new AbortController().signal,
    podAddresses,
    node: 'n1',
    check: 'rules',
    progress: () => {},
    print: async (line: string) => void lines.push(line),
  };
  return { evidence: await probe(context, means), lines, asked: means.asked };
}
