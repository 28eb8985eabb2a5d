/** What an audit's runs say, as metrics. Pure: the newest finished run in, samples out. */
import { type NetworkAuditRunStatus, type NodeResult, suspectKinds } from '../api/v1alpha1/index.ts';
import { type Family, one, type Sample, seconds } from './family.ts';
import type { History } from './history.ts';
import * as label from './labels.ts';
import { counts, type Labels, outcomes, quantiles, tally } from './samples.ts';

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
    samples: ({ audit, last }) =>
      (last?.nodes ?? []).flatMap(({ name, place, roundTripMicroseconds }) =>
        quantiles({ audit, node: name, place }, roundTripMicroseconds),
      ),
  },
  {
    name: 'netaudit_last_run_lookups',
    help: 'DNS lookups of the last run by the node whose probe asked, path and outcome; none for a path not asked.',
    type: 'gauge',
    labels: [label.audit, label.node, label.path, label.outcome],
    samples: (history) => lookups(history).flatMap(([labels, lookup]) => counts(labels, lookup)),
  },
  {
    name: 'netaudit_last_run_lookup_seconds',
    help: 'Quantiles of the times that DNS servers took to answer in the last run, by node and path.',
    type: 'gauge',
    labels: [label.audit, label.node, label.path, label.quantile],
    samples: (history) =>
      lookups(history).flatMap(([labels, { latencyMicroseconds }]) => quantiles(labels, latencyMicroseconds)),
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

function durationOf(status: NetworkAuditRunStatus | undefined): number | undefined {
  const start = seconds(status?.startTime);
  const end = seconds(status?.completionTime);
  return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
}

type Lookup = NonNullable<NodeResult['lookups']>[number];

/** lookups are those of each node along each path, with the labels that say so. */
function lookups({ audit, last }: History): readonly (readonly [Labels, Lookup])[] {
  return (last?.nodes ?? []).flatMap((node) =>
    (node.lookups ?? []).map((lookup) => [{ audit, node: node.name, path: lookup.path }, lookup] as const),
  );
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

/** Every kind has its sample, zero or not, once there was a run. */
function suspectCounts({ audit, last }: History): readonly Sample[] {
  if (last === undefined) return [];
  return suspectKinds.map((kind) => ({
    labels: { audit, kind },
    value: (last.suspects ?? []).filter((suspect) => suspect.kind === kind).length,
  }));
}
