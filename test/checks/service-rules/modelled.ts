/** Modelled nodes for the tests of ServiceRules' judge: they have the rows that the API asks for, until a test changes some. */
import { gzipSync } from 'node:zlib';
import type { Plan, PlannedCheck } from '../../../src/api/v1alpha1/index.ts';
import type { ApiView, JudgeInput, Report } from '../../../src/checks/check.ts';
import { type ClusterView, emptyClusterView, type ServiceView } from '../../../src/checks/cluster-view.ts';
import { bucketCount, bucketOf, Digests } from '../../../src/checks/service-rules/digest.ts';
import { destinationText, type Entry, entryText } from '../../../src/checks/service-rules/entry.ts';
import { type DetailRow, detailPrefix, type Evidence } from '../../../src/checks/service-rules/evidence.ts';
import { factsOf, rowsOfNode, tablesOf } from '../../../src/checks/service-rules/judging/tables.ts';
import { withDefaults } from '../../../src/checks/service-rules/options.ts';
import type { TableRow } from '../../../src/checks/service-rules/table/table.ts';
import type { Verdict } from '../../../src/checks/verdict.ts';
import { makeEndpoint, makeService } from '../dns/clusters.ts';
import { makePlan } from '../pod-to-pod/plans.ts';
import { capturedConfig } from './captured-cluster.ts';

export const long = '2026-11-22T06:00:00Z';
/** recently is within the settle window, settledTime before it. */
export const recently = '2026-11-22T08:19:30Z';
export const settledTime = new Date('2026-11-22T08:18:30Z');
export const judgedTime = new Date('2026-11-22T08:21:00Z');

/** makeShop is a Service with endpoints of which nothing has changed for long. */
export function makeShop(
  name: string,
  address: string,
  pods: readonly string[],
  changes: Partial<ServiceView> = {},
): ServiceView {
  const port = { name: 'http', protocol: 'TCP', port: 80 };
  const endpoints = pods.map((each) => makeEndpoint(each, { ports: [{ ...port, port: 8080 }], node: 'n1' }));
  return makeService(`shop/${name}`, { clusterIPs: [address], ports: [port], endpoints, ...changes });
}

/** makeCluster has three nodes and these Services, watched for long. */
export function makeCluster(
  services: readonly ServiceView[],
  changes: Partial<ClusterView> = {},
): ClusterView {
  return {
    ...emptyClusterView,
    services: new Map(services.map((each) => [`${each.namespace}/${each.name}`, each])),
    nodes: new Map(['n1', 'n2', 'n3'].map((name) => [name, { podCIDRs: [] }])),
    watchedSince: long,
    ...changes,
  };
}

/** NodeModel is a node: what the API said when its rules were written, and what is wrong with them. */
export interface NodeModel {
  /** written is what kube-proxy there has seen of the cluster; without it, what the judge sees. */
  readonly written?: ClusterView;
  readonly mode?: 'iptables' | 'nftables';
  /** rows changes the rows that are there. */
  readonly rows?: (rows: Map<string, Entry>) => void;
  readonly evidence?: Partial<Evidence>;
  /** log replaces what was read of the log; null for a log that was not read. */
  readonly log?: { readonly lines: readonly string[] } | { readonly error: string } | null;
  readonly report?: Report;
}

/** Model is a run over three nodes. */
export interface Model {
  readonly cluster: ClusterView;
  readonly nodes?: Readonly<Record<string, NodeModel>>;
  readonly api?: Partial<ApiView>;
  readonly maxLagSeconds?: number;
}

export const names = ['n1', 'n2', 'n3'] as const;

/** inputOf is what the judge of the modelled run is given. */
export function inputOf(model: Model): JudgeInput {
  const { cluster, maxLagSeconds } = model;
  const check: PlannedCheck = withDefaults({
    name: 'rules',
    type: 'ServiceRules',
    ...(maxLagSeconds === undefined ? {} : { serviceRules: { maxLagSeconds } }),
  });
  const plan: Plan = makePlan(3, {
    nodes: names.map((name) => ({ name, uid: `uid-${name}`, places: ['node'] })),
  });
  const api: ApiView = {
    gone: new Map(),
    settling: new Map(),
    targets: new Map(),
    policies: [],
    cluster,
    settledTime,
    judgedTime,
    probeDNS: new Map(),
    ...model.api,
  };
  const reports = new Map(names.map((name) => [name, reportOf(name, model)]));
  return { plan, check, reports, api };
}

/** addressOf is the first address of a node. */
export function addressOf(node: string): string {
  return `10.99.0.1${node.slice(1)}`;
}

function reportOf(name: string, { cluster, nodes = {} }: Model): Report {
  const node = nodes[name] ?? {};
  if (node.report !== undefined) return node.report;
  const { evidence, rows } = evidenceOf(name, node, cluster);
  const log = node.log === undefined ? { lines: linesOf(rows) } : node.log;
  return answered(name, { ...evidence, ...node.evidence }, log === null ? undefined : log);
}

/** answered is the report of a probe that said this. */
export function answered(
  name: string,
  evidence: unknown,
  log?: { readonly lines: readonly string[] } | { readonly error: string },
): Report {
  return {
    kind: 'Answered',
    evidence,
    podAddresses: [addressOf(name)],
    complete: true,
    ...(log === undefined ? {} : { log }),
  };
}

/** evidenceOf is what a node reports, and its rows. */
export function evidenceOf(
  name: string,
  { mode = 'iptables', rows: change, written }: NodeModel,
  cluster: ClusterView,
): { readonly evidence: Evidence; readonly rows: readonly Entry[] } {
  const host = [addressOf(name)];
  const seen = written ?? cluster;
  const facts = factsOf(name, mode, { config: capturedConfig, host }, host, seen);
  const all = new Set(Array.from({ length: bucketCount }, (_, bucket) => bucket));
  const rows = new Map(
    [...rowsOfNode(tablesOf(seen), facts, ['IPv4'], all)].map(([key, { entry }]) => [key, entry]),
  );
  change?.(rows);
  const digests = new Digests();
  for (const entry of rows.values()) digests.add(entry);
  return {
    rows: [...rows.values()],
    evidence: {
      version: 1,
      mode,
      modeSource: 'proxy',
      backends: [mode === 'iptables' ? 'iptables-nft' : 'nftables'],
      unreadable: [],
      proxy: healthy,
      config: capturedConfig,
      host,
      families: ['IPv4'],
      rows: rows.size,
      digests: digests.text(),
      missingJumps: [],
      guards: [],
      foreign: [],
    },
  };
}

/** healthy is a kube-proxy that has nothing to do. */
export const healthy: Evidence['proxy'] = {
  health: { status: 200, healthy: true },
  lastSyncTime: '2026-11-22T08:19:50Z',
  lastQueuedTime: '2026-11-22T08:19:49Z',
  now: '2026-11-22T08:20:30Z',
};

/** silent is one that does not answer. */
export const silent: Evidence['proxy'] = {
  healthError: 'refused',
  metricsError: 'refused',
  now: '2026-11-22T08:20:30Z',
};

/** linesOf are the lines that a probe prints of rows of which the rules do not matter. */
export function linesOf(rows: Iterable<Entry>, check = 'rules'): readonly string[] {
  const detailed = [...rows].map((entry) => ({
    entry,
    rules: [`-A KUBE-SERVICES ${destinationText(entry.destination)}`],
  }));
  return printedOf(detailed, check);
}

/** printedOf are the lines that a probe prints of its rows, in an order of its own. */
export function printedOf(rows: Iterable<TableRow>, check = 'rules'): readonly string[] {
  const buckets = Map.groupBy(rows, ({ entry }) => bucketOf(entry.destination));
  return Array.from({ length: bucketCount }, (_, bucket) => bucketCount - 1 - bucket).map((bucket) => {
    const ours = buckets.get(bucket) ?? [];
    return lineOf(
      bucket,
      ours.map(({ entry, rules }) => ({ entry: entryText(entry), rules })),
      check,
    );
  });
}

/** lineOf is the line of one bucket. */
export function lineOf(bucket: number, rows: readonly DetailRow[], check = 'rules'): string {
  return `${detailPrefix} ${check} ${bucket} ${rows.length === 0 ? none : packed(rows)}`;
}

function packed(rows: readonly DetailRow[]): string {
  return gzipSync(JSON.stringify(rows)).toString('base64');
}

const none = packed([]);

/** told is what a reader sees of what did not pass, each once: outcome, reason, subject, message, whom it blames, and warnings. */
export function told(verdicts: readonly Verdict[]): readonly string[] {
  const all = verdicts.flatMap(({ outcome, reason, subject, message, blames, warning }) => [
    ...(outcome === 'Passed'
      ? []
      : [`${outcome} ${reason} | ${subject} | ${message}${blames === undefined ? '' : ` | ${blames.name}`}`]),
    ...(warning === undefined ? [] : [`Warning ${warning.reason} | ${warning.message}`]),
  ]);
  return [...new Set(all)];
}

/** reasonsOf are outcome, reason and node of what did not pass, sorted, each once. */
export function reasonsOf(verdicts: readonly Verdict[]): readonly string[] {
  const reasons = verdicts
    .filter(({ outcome }) => outcome !== 'Passed')
    .map(({ node, outcome, reason }) => `${node} ${outcome} ${reason}`);
  return [...new Set(reasons)].sort();
}
