/** Which actions may go side by side, and what the failure of one means for the others. */
import { StalledError } from '../control/errors.ts';
import type { Action } from '../plan/actions.ts';
import { isRefusal } from './api-error.ts';

/** So many Jobs are created, or logs read, at a time: a run of 200 nodes must not wait 200 round trips. */
const width = 8;
/** What refuses so many of them, a quota say, refuses all. */
const mostRefusals = 16;

/** Only these may overtake each other: each is about an object of its own. */
const independent: readonly Action['type'][] = ['CreateJob', 'ReadLog', 'ReadRefusal', 'DeleteRun'];

/** isIndependent tells an action about an object that no other action of its kind is about. */
export function isIndependent(action: Action | undefined): boolean {
  return action !== undefined && independent.includes(action.type);
}

/** groupsOf keeps the order of actions, and puts neighbours together that may overtake each other. */
export function groupsOf(actions: readonly Action[]): Action[][] {
  const groups: Action[][] = [];
  for (const action of actions) {
    const last = groups.at(-1);
    if (last?.[0]?.type === action.type && isIndependent(action)) last.push(action);
    else groups.push([action]);
  }
  return groups;
}

/** isHarmless tells a failure of one object from one that the next request would meet, too. */
export function isHarmless(error: unknown): boolean {
  return isRefusal(error) || error instanceof StalledError;
}

/** sideBySide begins nothing new after a failure that is not harmless, or after many that are. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
) {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const rest = items[Symbol.iterator]();
  const goesOn = () => failures.length < mostRefusals && failures.every(isHarmless);
  const lane = async () => {
    for (const item of rest) {
      try {
        results.push(await work(item));
      } catch (error) {
        failures.push(error);
      }
      if (!goesOn()) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return { results, failures };
}
