/** The options of ServiceRules, with every default filled in. */
import type { CheckSpec, PlannedCheck, ServiceRulesOptions } from '../../api/v1alpha1/index.ts';

/** defaultMaxLagSeconds is how long kube-proxy itself lets a change wait before it says that it is not healthy. */
export const defaultMaxLagSeconds = 60;

/** withDefaults is `Check.withDefaults` of ServiceRules. */
export function withDefaults(spec: CheckSpec): PlannedCheck {
  const { maxLagSeconds = defaultMaxLagSeconds } = spec.serviceRules ?? {};
  return { name: spec.name, type: spec.type, serviceRules: { maxLagSeconds } };
}

/** serviceRulesOptionsOf reads the options of a planned check; a plan of ServiceRules has them. */
export function serviceRulesOptionsOf(check: PlannedCheck): ServiceRulesOptions | undefined {
  return check.serviceRules;
}
