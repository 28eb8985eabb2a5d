/** What can come back from the API server instead of an answer. */
import { isObject, numberOf, objectAt, textOf } from './json.ts';

/** ApiError is a refusal by the API server: an HTTP status above 299, with the Status that came with it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  /** reason is metav1.Status' reason, as `AlreadyExists`; empty when the answer was no Status. */
  readonly reason: string;
  /** retryAfterSeconds is the server's own wish, by header or by Status. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** ConnectionError is no answer at all: refused, reset, cut, or none in time. It cannot tell whether a write was done. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** A server that asks for more patience than this is given this much, so that a bad header cannot stop the operator. */
const longestRetryAfterSeconds = 120;

/** apiErrorOf makes the error of an answer; `body` is whatever came, as text. */
export function apiErrorOf(code: number, body: string, retryAfter: string | undefined): ApiError {
  const status = parse(body);
  const message = textOf(status.message) || body.slice(0, 200).trim() || `HTTP ${code}`;
  const seconds = Number(retryAfter ?? numberOf(objectAt(status, 'details').retryAfterSeconds));
  const patience = Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
  return new ApiError(
    code,
    textOf(status.reason),
    message,
    patience === undefined ? undefined : Math.min(patience, longestRetryAfterSeconds),
  );
}

/** isExpired tells that a resourceVersion or a continue token is too old: only a new list helps. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 410 || error.reason === 'Expired');
}

/** hasReason tells one refusal from the others: `AlreadyExists`, `Conflict`, `NotFound`. */
export function hasReason(error: unknown, reason: string): boolean {
  return error instanceof ApiError && error.reason === reason;
}

/** isGone tells that the object that was asked for is not there. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

/** isWithheld tells that what was asked for is forbidden, or not served: asking again soon will not help. */
export function isWithheld(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 403 || error.code === 404);
}

/** isRefusal tells that the server understood and said no to this very request: others may still go well. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.code >= 400 && error.code < 500 && error.code !== 429;
}

function parse(body: string): { readonly [field: string]: unknown } {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
