/** Plans, evidence and views of the API for the tests of PodToPod. */
import type { Plan, PlannedCheck, PodToPodSpec } from '../../../src/api/v1alpha1/index.ts';
import type { ApiView, Report } from '../../../src/checks/check.ts';
import { emptyClusterView } from '../../../src/checks/cluster-view.ts';
import type { Evidence, Result } from '../../../src/checks/pod-to-pod/evidence.ts';
import { podToPod } from '../../../src/checks/pod-to-pod/index.ts';
import { asked } from '../../../src/checks/pod-to-pod/plan.ts';
import type { Verdict } from '../../../src/checks/verdict.ts';

/** makePlan is a run of so many nodes, each with a responder, in which all probe. */
export function makePlan(count: number, changes: Partial<Plan> = {}, dual = false): Plan {
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  return {
    auditGeneration: 1,
    number: 0,
    seed: '00112233445566ff',
    dueTime: '2026-11-22T08:20:00Z',
    deadlineTime: '2026-11-22T08:23:00Z',
    maxUnknownPercent: 10,
    checks: [],
    nodes: names.map((name) => ({ name, uid: `uid-${name}`, places: ['pod'] })),
    targets: names.map((node, index) => ({
      node,
      pod: `responder-${node}`,
      uid: `uid-responder-${node}`,
      addresses: dual ? [`10.244.${index + 1}.7`, `fd00:${index + 1}::7`] : [`10.244.${index + 1}.7`],
    })),
    retries: [],
    skipped: [],
    eligible: count,
    ...changes,
  };
}

/** makeCheck is the check `pods` with its defaults. */
export function makeCheck(options: PodToPodSpec = {}): PlannedCheck {
  return podToPod.withDefaults({ name: 'pods', type: 'PodToPod', podToPod: options }, emptyClusterView);
}

/** probeAddress is the address of the probe's Pod on a node. */
export function probeAddress(node: string): string {
  return `10.244.${node.slice(1)}.5`;
}

/** Seen is what one node's probe saw of another: the same of every question between the two. */
export type Seen = (node: string, peer: string, protocol: string) => Result;

/** reportsOf makes every probe answer; `seen` says what of whom. Everything was heard unless `heard` says otherwise. */
export function reportsOf(
  plan: Plan,
  check: PlannedCheck,
  seen: Seen = () => 400,
  heard: (node: string) => string | undefined = () => 'f'.repeat(plan.nodes.length),
): Map<string, Report> {
  return new Map(
    plan.nodes.map(({ name }) => {
      const results = asked(plan, check, name).map(({ target, protocol }) =>
        seen(name, plan.targets[target]?.node ?? '', protocol),
      );
      const bitmap = heard(name);
      const evidence: Evidence = {
        version: 1,
        local: [probeAddress(name)],
        mtu: 1500,
        results,
        ...(bitmap === undefined ? {} : { heard: bitmap }),
      };
      return [name, { kind: 'Answered', evidence, podAddresses: [probeAddress(name)], complete: true }];
    }),
  );
}

/** quiet is an API in which nothing happened. */
export const quiet: ApiView = {
  gone: new Map(),
  settling: new Map(),
  targets: new Map(),
  policies: [],
  cluster: emptyClusterView,
  settledTime: new Date('2026-11-24T11:58:30Z'),
  judgedTime: new Date('2026-11-24T12:01:00Z'),
  probeDNS: new Map(),
};

/** told is what a reader of the verdicts sees: outcome, reason, subject, message. */
export function told(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ outcome, reason, subject, message, warning }) =>
    [
      `${outcome} ${reason}`,
      subject,
      ...(message === '' ? [] : [message]),
      ...(warning === undefined ? [] : [`Warning ${warning.reason}: ${warning.message}`]),
    ].join(' | '),
  );
}

/** between keeps the verdicts about one ordered pair. */
export function between(verdicts: readonly Verdict[], node: string, peer: string): readonly Verdict[] {
  return verdicts.filter((verdict) => verdict.node === node && verdict.peer === peer);
}
