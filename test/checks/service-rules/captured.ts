/** What the probe would report of the nodes of a capture, and the run that judges it. */
import type { JudgeInput, Report } from '../../../src/checks/check.ts';
import type { ServiceView } from '../../../src/checks/cluster-view.ts';
import type { Family } from '../../../src/checks/service-rules/address-set.ts';
import { Digests } from '../../../src/checks/service-rules/digest.ts';
import type { Evidence } from '../../../src/checks/service-rules/evidence.ts';
import type { Ruleset } from '../../../src/checks/service-rules/model.ts';
import { type Table, tableOf } from '../../../src/checks/service-rules/table/table.ts';
import { capturedConfig, capturedFacts, capturedServices } from './captured-cluster.ts';
import { capturedInput } from './captured-rules.ts';
import { healthy, inputOf, long, makeCluster, names, printedOf } from './modelled.ts';

/** CapturedNode is what is other on a node than in the capture. */
export interface CapturedNode {
  /** ruleset changes its rules. */
  readonly ruleset?: (ruleset: Ruleset) => Ruleset;
  readonly evidence?: Partial<Evidence>;
}

/** capturedTable is what packets meet on a node of a capture. */
export function capturedTable(capture: string, node: string, change: CapturedNode = {}): Table {
  const input = capturedInput(capture, node);
  return tableOf({ ...input, ruleset: change.ruleset?.(input.ruleset) ?? input.ruleset });
}

/** reportOfTable is what a probe reports of a table, with all its rows in the log. */
export function reportOfTable(
  capture: string,
  node: string,
  { foreign, guards, missingJumps, rows }: Table,
  changes: Partial<Evidence> = {},
): Report {
  const facts = capturedFacts(capture, node);
  const digests = new Digests();
  for (const { entry } of rows) digests.add(entry);
  const families: readonly Family[] = ['IPv4'];
  const evidence: Evidence = {
    version: 1,
    mode: facts.mode,
    modeSource: 'proxy',
    backends: [facts.mode === 'nftables' ? 'nftables' : 'iptables-nft'],
    unreadable: [],
    proxy: healthy,
    config: capturedConfig,
    host: [...facts.host],
    families,
    rows: rows.length,
    digests: digests.text(),
    missingJumps,
    guards,
    foreign,
    ...changes,
  };
  const primary = facts.primary.IPv4;
  return {
    kind: 'Answered',
    evidence,
    podAddresses: primary === undefined ? [] : [primary],
    complete: true,
    log: { lines: printedOf(rows) },
  };
}

/** capturedRun is the input of a judge who looks at all nodes of a capture; the API has been quiet for long. */
export function capturedRun(
  capture: string,
  nodes: Readonly<Record<string, CapturedNode>> = {},
  services: readonly ServiceView[] = capturedServices(capture),
): JudgeInput {
  const quiet = services.map((service) => ({
    ...service,
    changedTime: long,
    endpointTimes: new Map([
      ...service.endpoints.map(({ address }) => [address, long] as const),
      ...service.endpointTimes,
    ]),
  }));
  const input = inputOf({ cluster: makeCluster(quiet) });
  const reports = new Map(
    names.map((node) => {
      const change = nodes[node] ?? {};
      return [node, reportOfTable(capture, node, capturedTable(capture, node, change), change.evidence)];
    }),
  );
  return { ...input, reports };
}
