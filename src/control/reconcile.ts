/** One reconcile: observe, decide, apply. */
import type { Action, Decision } from '../plan/actions.ts';
import type { World } from '../plan/world.ts';
import { StalledError } from './errors.ts';
import type { Reconciled } from './worker.ts';

/** ReconcileParts are the three steps, and the clock that the middle one must not read itself. */
export interface ReconcileParts {
  readonly observe: (audit: string, now: Date, signal: AbortSignal) => Promise<World>;
  readonly decide: (world: World, now: Date) => Decision;
  /** apply resolves to whether something was learned that no watch will tell of. */
  readonly apply: (actions: readonly Action[], signal: AbortSignal) => Promise<boolean>;
  readonly now: () => Date;
}

/** createReconcile makes the function that brings one audit a step nearer to what it should be. */
export function createReconcile({ observe, decide, apply, now }: ReconcileParts) {
  return async (audit: string, signal: AbortSignal): Promise<Reconciled> => {
    const began = now();
    const world = await observe(audit, began, signal);
    const { actions, again } = decide(world, began);
    const due = () =>
      again === undefined ? undefined : Math.max(0, new Date(again).getTime() - now().getTime());
    try {
      const learned = await apply(actions, signal);
      const afterMilliseconds = due();
      return { again: learned, ...(afterMilliseconds === undefined ? {} : { afterMilliseconds }) };
    } catch (error) {
      // A run must be closed in time even if one of its Jobs cannot be made.
      throw error instanceof StalledError ? new StalledError(error.message, due()) : error;
    }
  };
}
