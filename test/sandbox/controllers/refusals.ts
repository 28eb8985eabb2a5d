/** What a refusal of the API server means to a controller. Pure. */
import { ApiError } from '../api/errors.ts';
import { isObject, listOf } from '../api/json.ts';

/** unlessMissing swallows "not found": what was to be removed or changed is gone already. */
export function unlessMissing(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 404)) throw error;
}

/** isTerminatingNamespace tells that nothing new comes into a namespace that is being deleted: nothing to complain of. */
export function isTerminatingNamespace(error: ApiError): boolean {
  return listOf(error.details?.causes).some(
    (cause) => isObject(cause) && cause.reason === 'NamespaceTerminating',
  );
}

/** isConflict tells that an object has changed since it was read: a fresh look is all that it takes. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.reason === 'Conflict';
}
