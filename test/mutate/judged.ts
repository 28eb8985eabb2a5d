/** The product's own judgement of nodes, from what they report and what the API of a capture says. */
import type { JudgeInput, Report } from '../../src/checks/check.ts';
import { type ClusterView, emptyClusterView, type ServiceView } from '../../src/checks/cluster-view.ts';
import { serviceRules } from '../../src/checks/service-rules/index.ts';
import { withDefaults } from '../../src/checks/service-rules/options.ts';
import { serviceEntry, sliceEntry } from '../../src/cluster/service-view.ts';
import { makePlan } from '../checks/pod-to-pod/plans.ts';
import { judgedTime, settledTime } from '../checks/service-rules/modelled.ts';
import type { Capture } from './capture.ts';
import type { Reported } from './evidence.ts';
import { listOf, objectOf } from './nft-item.ts';

const long = '2026-11-22T06:00:00Z';

/** viewOf is the API of a capture as the operator keeps it, settled for long. */
export function viewOf({
  services,
  slices,
  apiNodes,
}: Pick<Capture, 'services' | 'slices' | 'apiNodes'>): ClusterView {
  const entries = slices.flatMap((slice) => sliceEntry(slice)?.entry ?? []);
  const views = services.map((service): readonly [string, ServiceView] => {
    const { dns: _, ...entry } = serviceEntry(service).entry;
    const name = `${entry.namespace}/${entry.name}`;
    const endpoints = entries.filter((each) => each.service === name).flatMap((each) => each.endpoints);
    return [name, { ...entry, endpoints, changedTime: long, endpointTimes: new Map() }];
  });
  return {
    ...emptyClusterView,
    services: new Map(views),
    nodes: new Map(apiNodes.map((node) => [String(objectOf(node.metadata).name), nodeOf(node)])),
    watchedSince: long,
  };
}

function nodeOf(node: { readonly [key: string]: unknown }) {
  const labels = objectOf(objectOf(node.metadata).labels ?? {});
  const zone = labels['topology.kubernetes.io/zone'];
  return {
    podCIDRs: listOf(objectOf(node.spec).podCIDRs).map(String),
    ...(typeof zone === 'string' ? { zone } : {}),
  };
}

/** Judged is one node's report with its address. */
export interface Judged extends Reported {
  readonly node: string;
  readonly addresses: readonly string[];
}

/** findingsOf are what the product finds of nodes, each once: `n1 Failed EndpointMissing: …`. Warnings are told too. */
export function findingsOf(cluster: ClusterView, nodes: readonly Judged[]): readonly string[] {
  const input = inputOf(cluster, nodes);
  const wanted = serviceRules.wantsLog?.(input);
  const verdicts = serviceRules.judge(
    wanted === undefined || wanted.size === 0 ? input : inputOf(cluster, nodes, wanted),
  );
  const told = verdicts.flatMap(({ node, outcome, reason, message, warning }) => [
    ...(outcome === 'Passed' ? [] : [`${node} ${outcome} ${reason}: ${message}`]),
    ...(warning === undefined ? [] : [`${node} Warning ${warning.reason}: ${warning.message}`]),
  ]);
  return [...new Set(told)];
}

function inputOf(
  cluster: ClusterView,
  nodes: readonly Judged[],
  wanted?: ReadonlyMap<string, readonly string[]>,
): JudgeInput {
  const reports = nodes.map(({ node, evidence, lines, addresses }): readonly [string, Report] => [
    node,
    {
      kind: 'Answered',
      evidence,
      podAddresses: addresses,
      complete: true,
      ...(wanted === undefined ? {} : { log: { lines: lines(wanted.get(node) ?? []) } }),
    },
  ]);
  return {
    plan: makePlan(nodes.length, {
      nodes: nodes.map(({ node }) => ({ name: node, uid: `uid-${node}`, places: ['node'] })),
    }),
    check: withDefaults({ name: 'rules', type: 'ServiceRules' }),
    reports: new Map(reports),
    api: {
      gone: new Map(),
      settling: new Map(),
      targets: new Map(),
      policies: [],
      cluster,
      settledTime,
      judgedTime,
      probeDNS: new Map(),
    },
  };
}
