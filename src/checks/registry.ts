/** The one ordered list of all kinds of checks. */
import type { CheckType } from '../api/v1alpha1/index.ts';
import type { Check } from './check.ts';
import { dns } from './dns/index.ts';
import { podToPod } from './pod-to-pod/index.ts';
import { serviceRules } from './service-rules/index.ts';

/** registry holds every kind of check, in the order in which people read of them. */
export const registry: readonly Check[] = [podToPod, dns, serviceRules];

/** checkOf finds a kind by its type; the API refuses types that are not in the registry. */
export function checkOf(type: CheckType): Check {
  const found = registry.find((check) => check.type === type);
  if (found === undefined) throw new Error(`No kind of check has the type ${type}`);
  return found;
}
