/** The options of ServiceRules, with every default filled in. */
import type { CheckSpec, PlannedCheck, ServiceRulesOptions } from '../../api/v1alpha1/index.ts';

/** withDefaults is `Check.withDefaults` of ServiceRules. */
export function withDefaults(spec: CheckSpec): PlannedCheck {
  const { maxLagSeconds = 60 } = spec.serviceRules ?? {};
  return { name: spec.name, type: spec.type, serviceRules: { maxLagSeconds } };
}

/** serviceRulesOptionsOf reads the options of a planned check; a plan of ServiceRules has them. */
export function serviceRulesOptionsOf(check: PlannedCheck): ServiceRulesOptions | undefined {
  return check.serviceRules;
}
