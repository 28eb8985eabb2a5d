/** What a jump that is gone explains: without it kube-proxy's rules are there and are not met. */
import type { DifferenceReason, Origin } from '../difference/difference.ts';
import type { Fault } from './faults.ts';

/** These are what is seen where rules are not met; the rest is wrong in the rules themselves. */
const unmet: ReadonlySet<DifferenceReason> = new Set([
  'EndpointMissing',
  'ServiceMissing',
  'NodePortMissing',
  'RejectMissing',
  'RejectStale',
  'NotMasqueraded',
  'SourceRangesWrong',
  'AffinityWrong',
]);

/** Without a rule of the filter table nothing is refused; endpoints are the nat table's. */
const unfiltered: ReadonlySet<DifferenceReason> = new Set([
  'RejectMissing',
  'ServiceMissing',
  'NodePortMissing',
  'SourceRangesWrong',
]);

const onMasquerade: ReadonlySet<DifferenceReason> = new Set(['NotMasqueraded']);

const everywhere: readonly Origin[] = ['entering', 'fromPods', 'node'];
const overInterfaces: readonly Origin[] = ['entering', 'fromPods'];

/** dispatchOf divides faults into those that missing jumps explain and the rest. */
export function dispatchOf(
  faults: readonly Fault[],
  missingJumps: readonly string[],
): { readonly explained: readonly Fault[]; readonly rest: readonly Fault[] } {
  if (missingJumps.length === 0) return { explained: [], rest: faults };
  const jumps = missingJumps.map(effectOf);
  const isExplained = ({ difference: { origins, reason } }: Fault) =>
    origins.length > 0 &&
    origins.every((origin) =>
      jumps.some((jump) => jump.reasons.has(reason) && jump.origins.includes(origin)),
    );
  return {
    explained: faults.filter(isExplained),
    rest: faults.filter((fault) => !isExplained(fault)),
  };
}

/** effectOf reads a jump by where it is missing: `nat/PREROUTING → KUBE-SERVICES`. */
function effectOf(jump: string): {
  readonly origins: readonly Origin[];
  readonly reasons: ReadonlySet<DifferenceReason>;
} {
  const from = jump.split('→')[0] ?? '';
  const origins = /PREROUTING|FORWARD/i.test(from)
    ? overInterfaces
    : /OUTPUT/i.test(from)
      ? (['node'] as const)
      : everywhere;
  if (/POSTROUTING/i.test(from)) return { origins: everywhere, reasons: onMasquerade };
  return { origins, reasons: /filter/i.test(from) ? unfiltered : unmet };
}
