/** The options of PodToPod, with every default filled in: the schema cannot do it without breaking the union rule. */
import type { CheckSpec, PlannedCheck, PodToPodOptions } from '../../api/v1alpha1/index.ts';

/** podToPodDefaults are what an audit gets that sets nothing. */
export const podToPodDefaults: PodToPodOptions = {
  protocols: ['TCP', 'UDP'],
  peersPerNode: 50,
  timeoutMilliseconds: 2000,
};

/** podToPodOptions reads the options of a planned check; a plan has them all. */
export function podToPodOptions(check: PlannedCheck): PodToPodOptions {
  return check.podToPod ?? podToPodDefaults;
}

/** withDefaults is `Check.withDefaults` of PodToPod. Protocols are put into one order: a set has none of its own. */
export function withDefaults(spec: CheckSpec): PlannedCheck {
  const asked = spec.podToPod ?? {};
  const protocols = asked.protocols ?? podToPodDefaults.protocols;
  return {
    name: spec.name,
    type: spec.type,
    podToPod: {
      protocols: (['TCP', 'UDP'] as const).filter((protocol) => protocols.includes(protocol)),
      peersPerNode: asked.peersPerNode ?? podToPodDefaults.peersPerNode,
      timeoutMilliseconds: asked.timeoutMilliseconds ?? podToPodDefaults.timeoutMilliseconds,
      ...(asked.maxRoundTripMilliseconds === undefined
        ? {}
        : { maxRoundTripMilliseconds: asked.maxRoundTripMilliseconds }),
    },
  };
}
