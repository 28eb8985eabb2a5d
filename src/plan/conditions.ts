/** Conditions as the API conventions want them: the time moves only when the status does. */
import { type Condition, maxMessageLength } from '../api/v1alpha1/index.ts';
import { cut } from './text.ts';
import { timeText } from './time.ts';

/** NewCondition is a condition as it is now, without its history. */
export type NewCondition = Omit<Condition, 'lastTransitionTime'>;

/** withConditions gives the conditions their transition times, out of those that the object has already. */
export function withConditions(
  before: readonly Condition[] | undefined,
  conditions: readonly NewCondition[],
  now: Date,
): Condition[] {
  return conditions.map((condition) => {
    const old = before?.find(({ type }) => type === condition.type);
    const same = old?.status === condition.status;
    const message = cut(condition.message, maxMessageLength);
    return { ...condition, message, lastTransitionTime: same ? old.lastTransitionTime : timeText(now) };
  });
}

/** conditionOf finds a condition by its type. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
