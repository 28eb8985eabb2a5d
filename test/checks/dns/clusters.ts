/** A modelled cluster for the tests of DNS's judge: nodes, replicas, what each would answer, and faults in between. */
import type { DNSSpec, Plan, PlannedCheck } from '../../../src/api/v1alpha1/index.ts';
import type { ApiView, JudgeInput, Report } from '../../../src/checks/check.ts';
import type { ClusterView, ServiceView } from '../../../src/checks/cluster-view.ts';
import type { Evidence, SeenLatency, SeenOutcome, SeenResolvConf } from '../../../src/checks/dns/evidence.ts';
import { judge } from '../../../src/checks/dns/judge.ts';
import { withDefaults } from '../../../src/checks/dns/options.ts';
import { dnsTask } from '../../../src/checks/dns/plan.ts';
import {
  type Question,
  questionsOf,
  serversOf,
  type TaskLookup,
  type Transport,
} from '../../../src/checks/dns/task.ts';
import type { Verdict } from '../../../src/checks/verdict.ts';
import { makePlan } from '../pod-to-pod/plans.ts';

export const dnsAddress = '10.96.0.10';
const long = '2026-11-22T06:00:00Z';
/** recently is within the settle window of the modelled run. */
export const recently = '2026-11-22T08:19:30Z';

/** makeService is a Service of which nothing has changed for long. */
export function makeService(name: string, changes: Partial<ServiceView> = {}): ServiceView {
  const [namespace = '', own = ''] = name.split('/');
  const endpoints = changes.endpoints ?? [];
  return {
    namespace,
    name: own,
    uid: `uid-${own}`,
    type: 'ClusterIP',
    clusterIPs: [],
    headless: false,
    ports: [],
    externalIPs: [],
    loadBalancerIPs: [],
    sourceRanges: [],
    externalLocal: false,
    internalLocal: false,
    endpoints,
    changedTime: long,
    endpointTimes: new Map(endpoints.map(({ address }) => [address, long])),
    ...changes,
  };
}

/** makeEndpoint is a ready endpoint. */
export function makeEndpoint(address: string, changes: Partial<ServiceView['endpoints'][number]> = {}) {
  return { address, ready: true, serving: true, terminating: false, ports: [], ...changes };
}

export const replicaAddress = (replica: number) => `10.244.${replica + 1}.2`;
export const replicaPod = (replica: number) => `coredns-${replica + 1}`;
export const replicaSubject = (replica: number) =>
  `Pod kube-system/${replicaPod(replica)} (${replicaAddress(replica)})`;

/** makeCluster has so many replicas of its DNS, shared out over the nodes. */
export function makeCluster(
  nodes: number,
  replicas: number,
  changes: Partial<ClusterView> = {},
): ClusterView {
  const endpoints = Array.from({ length: replicas }, (_, replica) =>
    makeEndpoint(replicaAddress(replica), {
      pod: replicaPod(replica),
      node: `n${(replica % nodes) + 1}`,
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53 },
        { name: 'dns-tcp', protocol: 'TCP', port: 53 },
      ],
    }),
  );
  const services = [
    makeService('kube-system/kube-dns', { clusterIPs: [dnsAddress], endpoints }),
    makeService('default/kubernetes', { clusterIPs: ['10.96.0.1'] }),
    makeService('netaudit/netaudit-names', { clusterIPs: ['10.96.3.3'] }),
    makeService('netaudit/netaudit-names-headless', {
      headless: true,
      endpoints: [makeEndpoint('192.0.2.1'), makeEndpoint('192.0.2.2')],
    }),
  ];
  return {
    domain: 'cluster.local',
    ownNamespace: 'netaudit',
    services: new Map(services.map((each) => [`${each.namespace}/${each.name}`, each])),
    removedServices: new Map(),
    dnsServices: ['kube-system/kube-dns'],
    cachingNodes: new Set(),
    nodes: new Map(),
    formerPorts: new Map(),
    watchedSince: long,
    ...changes,
  };
}

export const answer = (...records: readonly string[]): SeenOutcome => ({
  kind: 'Answer',
  records,
  text: `Server:\t\t${dnsAddress}\nAddress:\t${dnsAddress}#53\n\nAddress: ${records[0] ?? ''}\n`,
});
export const seen = (kind: SeenOutcome['kind'], text = kind as string): SeenOutcome => ({
  kind,
  records: [],
  text,
});
export const silent = seen(
  'TimedOut',
  ';; communications error to x#53: timed out\n;; no servers could be reached\n',
);
export const refusing = seen('Unreachable', ';; communications error to x#53: connection refused\n');
export const garbage = seen('Broken', ';; Got bad packet: bad label type\n');
export const servfail = seen('ServerFailure', "** server can't find x: SERVFAIL\n");

/** rightAnswer is what a sound server says. */
export function rightAnswer([name, type]: TaskLookup): SeenOutcome {
  if (type === 'PTR') return answer('kubernetes.default.svc.cluster.local.');
  if (name.startsWith('netaudit-names-headless')) return answer('192.0.2.1', '192.0.2.2');
  if (name.startsWith('netaudit-names')) return answer('10.96.3.3');
  if (name === 'kubernetes.default')
    return { ...answer('10.96.0.1'), name: 'kubernetes.default.svc.cluster.local.' };
  return answer('10.96.0.1');
}

export const latency: SeenLatency = {
  p50: 500,
  p90: 900,
  max: 1500,
  asked: 10,
  answered: 10,
  pairs: 5,
  halves: 0,
};

/** At is one question on its way. */
export interface At {
  readonly node: string;
  readonly transport: Transport;
  readonly lookup: TaskLookup;
}

/** Fault says what is otherwise than in a sound cluster; undefined is as it must be. */
export interface Fault {
  readonly replica?: (at: At, replica: number) => SeenOutcome | undefined;
  /** link is between a node and a replica, whether asked directly or through the Service. */
  readonly service?: (at: At) => SeenOutcome | undefined;
  readonly resolver?: (at: At) => SeenOutcome | undefined;
  readonly conf?: (node: string) => Partial<SeenResolvConf> | undefined;
  readonly latency?: (node: string, path: string, replica: number) => Partial<SeenLatency> | null | undefined;
}

export interface Model {
  readonly nodes: number;
  readonly replicas: number;
  readonly fault?: Fault;
  readonly options?: DNSSpec;
  readonly cluster?: Partial<ClusterView>;
  readonly api?: Partial<ApiView>;
  readonly plan?: Partial<Plan>;
  /** chance decides which replica the Service leads a question to. */
  readonly chance?: (question: number) => number;
}

export function checkOf(cluster: ClusterView, options?: DNSSpec): PlannedCheck {
  return withDefaults(
    { name: 'dns', type: 'DNS', ...(options === undefined ? {} : { dns: options }) },
    cluster,
  );
}

/** inputOf is what the judge of the modelled cluster is given. */
export function inputOf(model: Model): JudgeInput {
  const cluster = makeCluster(model.nodes, model.replicas, model.cluster);
  const plan = makePlan(model.nodes, model.plan);
  const check = checkOf(cluster, model.options);
  const names = plan.nodes.map(({ name }) => name);
  const api: ApiView = {
    gone: new Map(),
    settling: new Map(),
    targets: new Map(),
    policies: [],
    cluster,
    settledTime: new Date('2026-11-22T08:18:30Z'),
    judgedTime: new Date('2026-11-22T08:21:00Z'),
    probeDNS: new Map(names.map((name) => [name, { policy: 'ClusterFirst', configured: false }])),
    ...model.api,
  };
  const reports = new Map(names.map((node) => [node, answered(evidenceOf(model, plan, check, node))]));
  return { plan, check, reports, api };
}

export function answered(evidence: unknown, complete = true): Report {
  return { kind: 'Answered', evidence, podAddresses: ['10.244.1.5'], complete };
}

export function judged(model: Model): readonly Verdict[] {
  return judge(inputOf(model));
}

export function evidenceOf(model: Model, plan: Plan, check: PlannedCheck, node: string): Evidence {
  const task = dnsTask(plan, check, node);
  if (task === undefined) throw new Error('no task');
  const { fault = {} } = model;
  const resolvConf: SeenResolvConf = {
    nameservers: [dnsAddress],
    search: ['netaudit.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
    ndots: 5,
    ...fault.conf?.(node),
  };
  const servers = serversOf(task, resolvConf.nameservers);
  const chance = model.chance ?? ((question: number) => question);
  const outcomes: SeenOutcome[] = [];
  const silences = new Map<string, number>();
  const results = questionsOf(task, servers).map((question, position) => {
    const key = JSON.stringify([question.server, question.transport]);
    if ((silences.get(key) ?? 0) >= 2) return -2;
    const outcome = outcomeOf(model, node, task.lookups, question, chance(position));
    const quiet = outcome.kind === 'TimedOut' || outcome.kind === 'Unreachable';
    silences.set(key, quiet ? (silences.get(key) ?? 0) + 1 : 0);
    const known = outcomes.findIndex((each) => JSON.stringify(each) === JSON.stringify(outcome));
    if (known >= 0) return known;
    return outcomes.push(outcome) - 1;
  });
  const latencies = servers.map(({ path, address }) => {
    const replica = path === 'Endpoints' ? replicaOf(address) : -1;
    const changes = fault.latency?.(node, path, replica);
    return changes === null ? null : { ...latency, ...changes };
  });
  return { version: 1, resolvConf, results, outcomes, latencies };
}

function outcomeOf(
  { fault = {}, replicas }: Model,
  node: string,
  lookups: readonly TaskLookup[],
  { server, transport, lookup: index }: Question,
  chance: number,
): SeenOutcome {
  const lookup = lookups[index] ?? ['', 'A'];
  const at: At = { node, transport, lookup };
  if (server.path === 'Endpoints') {
    return fault.replica?.(at, replicaOf(server.address)) ?? rightAnswer(lookup);
  }
  const through =
    fault.service?.(at) ??
    (replicas === 0 ? refusing : undefined) ??
    fault.replica?.(at, chance % Math.max(1, replicas)) ??
    rightAnswer(lookup);
  return server.path === 'Service' ? through : (fault.resolver?.(at) ?? through);
}

function replicaOf(address: string): number {
  return Number(address.split('.')[2]) - 1;
}

/** told is what a reader sees, each once: outcome, reason, subject, whom it blames, and whether it is of no one node. */
export function told(verdicts: readonly Verdict[]): readonly string[] {
  const failing = verdicts.filter(({ outcome, reason }) => outcome !== 'Passed' && reason !== 'ServerSilent');
  return [
    ...new Set(
      failing.map(({ outcome, reason, subject, blames, everywhere }) =>
        [
          ...(outcome === 'Failed' ? [] : [outcome]),
          reason,
          `(${subject})`,
          ...(blames === undefined ? [] : [`blames ${blames.kind} ${blames.name}`]),
          ...(everywhere ? ['everywhere'] : []),
        ].join(' '),
      ),
    ),
  ].sort();
}

/** reasonsOf are the reasons of what failed, each once. */
export function reasonsOf(verdicts: readonly Verdict[]): readonly string[] {
  return [
    ...new Set(verdicts.filter(({ outcome }) => outcome === 'Failed').map(({ reason }) => reason)),
  ].sort();
}
