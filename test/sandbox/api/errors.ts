/** Errors as the API server answers them: a Status with a code, a reason and details. */
import type { JsonObject } from './json.ts';

/** Cause is metav1.StatusCause: one field that is wrong. */
export interface Cause {
  reason: string;
  message: string;
  field: string;
}

/** Named is what an error says about the resource that it is about. */
export interface Named {
  group: string;
  plural: string;
  kind?: string;
}

/** ApiError is a refusal: its members are those of metav1.Status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** status is the body of the answer. */
  status(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason ? { reason: this.reason } : {}),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

/** qualified is `jobs.batch`, or `pods` in the core group. */
export function qualified(resource: Named): string {
  return resource.group ? `${resource.plural}.${resource.group}` : resource.plural;
}

function details(resource: Named, name: string): JsonObject {
  return { name, ...(resource.group ? { group: resource.group } : {}), kind: resource.plural };
}

/** notFound is 404 for an object that is not there. */
export function notFound(resource: Named, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, details(resource, name));
}

/** noSuchPath is 404 for a resource or path that does not exist at all. */
export function noSuchPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** alreadyExists is 409 on create. */
export function alreadyExists(resource: Named, name: string): ApiError {
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualified(resource)} "${name}" already exists`,
    details(resource, name),
  );
}

/** conflict is 409 on a stale write. */
export function conflict(resource: Named, name: string, why = staleWrite): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, details(resource, name));
}

const staleWrite =
  'the object has been modified; please apply your changes to the latest version and try again';

/** forbidden is 403 by admission or by authorization of one object. */
export function forbidden(resource: Named, name: string, why: string): ApiError {
  const message = name
    ? `${qualified(resource)} "${name}" is forbidden: ${why}`
    : `${qualified(resource)} is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, {
    ...(name ? { name } : {}),
    ...(resource.group ? { group: resource.group } : {}),
    kind: resource.plural,
  });
}

/** badRequest is 400. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** expired is 410: the history does not reach back so far. */
export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

/** unsupportedMedia is 415. */
export function unsupportedMedia(message: string): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** methodNotAllowed is 405. */
export function methodNotAllowed(
  message = 'the server does not allow this method on the requested resource',
): ApiError {
  return new ApiError(405, 'MethodNotAllowed', message, {});
}

/** invalid is 422: the message lists every cause, as the real one does. */
export function invalid(resource: Named, name: string, causes: Cause[]): ApiError {
  const kind = resource.kind ?? resource.plural;
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const subject = resource.group ? `${kind}.${resource.group}` : kind;
  return new ApiError(422, 'Invalid', `${subject} "${name}" is invalid: ${list}`, {
    ...(name ? { name } : {}),
    ...(resource.group ? { group: resource.group } : {}),
    kind,
    causes: causes.map((cause) => ({ reason: cause.reason, message: cause.message, field: cause.field })),
  });
}
