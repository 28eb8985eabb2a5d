/** Validation of metav1.LabelSelector. */
import { forbiddenValue, invalidValue, required } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { type JsonObject, listOf, objectOf, objectsOf, stringOf } from '../json.ts';
import { labelCauses, qualifiedNameWhy } from '../names.ts';

/** selectorCauses checks a selector at `where`. */
export function selectorCauses(selector: JsonObject, where: string): Cause[] {
  const causes = labelCauses(objectOf(selector.matchLabels), `${where}.matchLabels`);
  for (const [index, item] of objectsOf(selector.matchExpressions).entries()) {
    const field = `${where}.matchExpressions[${index}]`;
    const operator = stringOf(item.operator);
    const count = listOf(item.values).length;
    if (operator === 'In' || operator === 'NotIn') {
      if (count === 0)
        causes.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (count > 0)
        causes.push(
          forbiddenValue(
            `${field}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
    } else causes.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
    const key = stringOf(item.key);
    causes.push(...qualifiedNameWhy(key).map((why) => invalidValue(`${field}.key`, key, why)));
  }
  return causes;
}
