/** What an audit's runs say, as metrics. Pure: the newest finished run in, samples out. */
import type { NetworkAuditRun, NetworkAuditRunStatus, NodeResult } from '../api/v1alpha1/index.ts';
import { type Family, one, type Sample, seconds } from './family.ts';
import * as label from './labels.ts';

const outcomes = ['Passed', 'Failed', 'Unknown', 'Skipped'] as const;

/** History is an audit's runs that have ended, as far as metrics speak of them. */
export interface History {
  readonly audit: string;
  /** last is the status of the run that ended last. */
  readonly last?: NetworkAuditRunStatus;
  /** lastSuccess is the status of the kept run that ended last with the outcome Passed. */
  readonly lastSuccess?: NetworkAuditRunStatus;
}

/** historyOf picks the runs that count out of all runs of one audit; one that has not ended says nothing yet. */
export function historyOf(audit: string, runs: readonly NetworkAuditRun[]): History {
  const ended = runs
    .flatMap((run) => (run.status?.completionTime === undefined ? [] : [run.status]))
    .sort((a, b) => endOf(b) - endOf(a) || (b.plan?.number ?? 0) - (a.plan?.number ?? 0));
  const last = ended[0];
  const lastSuccess = ended.find((status) => status.outcome === 'Passed');
  return { audit, ...(last && { last }), ...(lastSuccess && { lastSuccess }) };
}

/** runFamilies are the metrics out of an audit's runs, in the order of the reference. */
export const runFamilies: readonly Family<History>[] = [
  {
    name: 'netaudit_last_run_timestamp_seconds',
    help: 'When the last run ended, whatever came of it.',
    type: 'gauge',
    labels: [label.audit],
    samples: ({ audit, last }) => one({ audit }, seconds(last?.completionTime)),
  },
  {
    name: 'netaudit_last_success_timestamp_seconds',
    help: 'When the last run that passed ended; absent when none of the runs that are kept passed.',
    type: 'gauge',
    labels: [label.audit],
    samples: ({ audit, lastSuccess }) => one({ audit }, seconds(lastSuccess?.completionTime)),
  },
  {
    name: 'netaudit_last_run_duration_seconds',
    help: 'How long the last run took, from its start to its verdict.',
    type: 'gauge',
    labels: [label.audit],
    samples: ({ audit, last }) => one({ audit }, durationOf(last)),
  },
  {
    name: 'netaudit_last_run_outcome',
    help: '1 for the outcome of the last run, 0 for the others.',
    type: 'gauge',
    labels: [label.audit, label.outcome],
    samples: ({ audit, last }) =>
      last?.outcome === undefined
        ? []
        : outcomes
            .filter((outcome) => outcome !== 'Skipped')
            .map((outcome) => ({ labels: { audit, outcome }, value: outcome === last.outcome ? 1 : 0 })),
  },
  {
    name: 'netaudit_last_run_nodes',
    help: 'Nodes of the last run: eligible in all, asked to probe, and those whose probe reported.',
    type: 'gauge',
    labels: [label.audit, label.state],
    samples: ({ audit, last }) =>
      (['eligible', 'probed', 'reported'] as const).flatMap((state) =>
        one({ audit, state }, last?.summary?.nodes[state]),
      ),
  },
  {
    name: 'netaudit_last_run_check_verdicts',
    help: 'Verdicts of the last run by check and outcome.',
    type: 'gauge',
    labels: [label.audit, label.check, label.type, label.outcome],
    samples: ({ audit, last }) =>
      (last?.checks ?? []).flatMap((check) => counts({ audit, check: check.name, type: check.type }, check)),
  },
  {
    name: 'netaudit_last_run_node_verdicts',
    help: 'Verdicts of the last run by the node whose probe was asked, and outcome.',
    type: 'gauge',
    labels: [label.audit, label.node, label.place, label.outcome],
    samples: ({ audit, last }) =>
      (last?.nodes ?? []).flatMap((node) => counts({ audit, node: node.name, place: node.place }, node)),
  },
  {
    name: 'netaudit_last_run_round_trip_seconds',
    help: "Quantiles of the round-trip times that the node's probe measured in the last run.",
    type: 'gauge',
    labels: [label.audit, label.node, label.place, label.quantile],
    samples: ({ audit, last }) => (last?.nodes ?? []).flatMap((node) => roundTrips(audit, node)),
  },
  {
    name: 'netaudit_last_run_findings',
    help: 'Findings of the last run by check, severity and reason, as far as the run lists them.',
    type: 'gauge',
    labels: [label.audit, label.check, label.severity, label.reason],
    samples: findingSamples,
  },
  {
    name: 'netaudit_last_run_findings_omitted',
    help: 'Findings of the last run beyond the bound of what a run lists.',
    type: 'gauge',
    labels: [label.audit],
    samples: ({ audit, last }) => one({ audit }, last && (last.findingsOmitted ?? 0)),
  },
  {
    name: 'netaudit_last_run_suspects',
    help: 'Objects that explain most findings of the last run; for nodes, netaudit_last_run_suspect_node names them.',
    type: 'gauge',
    labels: [label.audit, label.kind],
    samples: suspectCounts,
  },
  {
    name: 'netaudit_last_run_suspect_node',
    help: '1 for each node that explains most findings of the last run.',
    type: 'gauge',
    labels: [label.audit, label.node],
    samples: ({ audit, last }) =>
      (last?.suspects ?? [])
        .filter((suspect) => suspect.kind === 'Node')
        .map((suspect) => ({ labels: { audit, node: suspect.name }, value: 1 })),
  },
];

function endOf(status: NetworkAuditRunStatus): number {
  return seconds(status.completionTime) ?? 0;
}

function durationOf(status: NetworkAuditRunStatus | undefined): number | undefined {
  const start = seconds(status?.startTime);
  const end = seconds(status?.completionTime);
  return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly unknown: number;
  readonly skipped: number;
}

/** Every outcome has its sample, zero or not: an alert on `Failed` must see it go back to 0. */
function counts(labels: Readonly<Record<string, string>>, of: Counts): readonly Sample[] {
  const values = { Passed: of.passed, Failed: of.failed, Unknown: of.unknown, Skipped: of.skipped };
  return outcomes.map((outcome) => ({ labels: { ...labels, outcome }, value: values[outcome] }));
}

function roundTrips(audit: string, node: NodeResult): readonly Sample[] {
  const times = node.roundTripMicroseconds;
  if (times === undefined) return [];
  const quantiles = [
    ['0.5', times.p50],
    ['0.9', times.p90],
    ['1', times.max],
  ] as const;
  return quantiles.map(([quantile, microseconds]) => ({
    labels: { audit, node: node.name, place: node.place, quantile },
    value: microseconds / 1e6,
  }));
}

function findingSamples({ audit, last }: History): readonly Sample[] {
  const findings = (last?.findings ?? []).map(({ check, severity, reason }) => ({
    audit,
    check,
    severity,
    reason,
  }));
  return tally(findings);
}

function suspectCounts({ audit, last }: History): readonly Sample[] {
  const present = tally((last?.suspects ?? []).map(({ kind }) => ({ audit, kind })));
  const none = last === undefined || present.some(({ labels }) => labels.kind === 'Node');
  return none ? present : [...present, { labels: { audit, kind: 'Node' }, value: 0 }];
}

/** Count equal label sets, in the order in which they come first. */
function tally(items: readonly Readonly<Record<string, string>>[]): readonly Sample[] {
  const found = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>();
  for (const labels of items) {
    const key = JSON.stringify(labels);
    const sample = found.get(key) ?? { labels, value: 0 };
    sample.value += 1;
    found.set(key, sample);
  }
  return [...found.values()];
}
