/** Validation of what schedules a Pod: tolerations and node affinity (pkg/apis/core/validation). */
import { forbiddenValue, invalidValue, required } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, type JsonObject, listOf, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../json.ts';
import { nameWhy, qualifiedNameWhy } from '../names.ts';

/** tolerationCauses checks `tolerations`. */
export function tolerationCauses(spec: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  for (const [index, toleration] of objectsOf(spec.tolerations).entries()) {
    const field = `${where}.tolerations[${index}]`;
    const key = stringOf(toleration.key);
    const operator = stringOf(toleration.operator);
    if (key) causes.push(...qualifiedNameWhy(key).map((why) => invalidValue(`${field}.key`, key, why)));
    else if (operator !== 'Exists') {
      causes.push(
        invalidValue(
          `${field}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (operator === 'Exists' && stringOf(toleration.value) !== '') {
      causes.push(
        invalidValue(
          `${field}.operator`,
          stringOf(toleration.value),
          "value must be empty when `operator` is 'Exists'",
        ),
      );
    }
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute') {
      causes.push(
        invalidValue(
          `${field}.effect`,
          stringOf(toleration.effect),
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
  }
  return causes;
}

/** affinityCauses checks `affinity.nodeAffinity`. */
export function affinityCauses(spec: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  const node = at(spec, 'affinity', 'nodeAffinity');
  const base = `${where}.affinity.nodeAffinity`;
  const hard = at(node, 'requiredDuringSchedulingIgnoredDuringExecution');
  const terms = objectsOf(at(hard, 'nodeSelectorTerms'));
  const hardField = `${base}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  if (hard !== undefined && terms.length === 0)
    causes.push(required(hardField, 'must have at least one node selector term'));
  for (const [index, term] of terms.entries()) causes.push(...termCauses(term, `${hardField}[${index}]`));
  const soft = objectsOf(at(node, 'preferredDuringSchedulingIgnoredDuringExecution'));
  for (const [index, item] of soft.entries()) {
    const field = `${base}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    causes.push(...termCauses(objectOf(item.preference), `${field}.preference`));
    const weight = numberOf(item.weight) ?? 0;
    if (weight < 1 || weight > 100)
      causes.push(invalidValue(`${field}.weight`, weight, 'must be in the range 1-100'));
  }
  return causes;
}

function termCauses(term: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  for (const [index, item] of objectsOf(term.matchExpressions).entries()) {
    const field = `${where}.matchExpressions[${index}]`;
    const values = listOf(item.values);
    const operator = stringOf(item.operator);
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        causes.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        causes.push(
          forbiddenValue(
            `${field}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
    } else if (operator === 'Gt' || operator === 'Lt') {
      if (values.length !== 1)
        causes.push(
          required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"),
        );
    } else causes.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
    const key = stringOf(item.key);
    causes.push(...qualifiedNameWhy(key).map((why) => invalidValue(`${field}.key`, key, why)));
  }
  for (const [index, item] of objectsOf(term.matchFields).entries()) {
    const field = `${where}.matchFields[${index}]`;
    const values = stringsOf(item.values);
    const operator = stringOf(item.operator);
    if (operator !== 'In' && operator !== 'NotIn')
      causes.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
    else if (values.length !== 1)
      causes.push(
        required(
          `${field}.values`,
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
      );
    if (item.key !== 'metadata.name')
      causes.push(invalidValue(`${field}.key`, stringOf(item.key), 'not a valid field selector key'));
    for (const [at_, value] of values.entries()) {
      causes.push(
        ...nameWhy(value, 'subdomain').map((why) => invalidValue(`${field}.values[${at_}]`, value, why)),
      );
    }
  }
  return causes;
}
