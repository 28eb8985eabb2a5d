/** The sentences of field errors (k8s.io/apimachinery/pkg/util/validation/field), as causes of a 422. */
import type { Cause } from './errors.ts';
import type { JsonValue } from './json.ts';

/** shown prints a value as a field error does: scalars plainly, strings quoted, the rest as JSON. */
export function shown(value: JsonValue): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}

/** invalidValue says that a value is wrong and why. `undefined` leaves the value out of the sentence. */
export function invalidValue(field: string, value: JsonValue | undefined, why: string): Cause {
  const message = value === undefined ? `Invalid value: ${why}` : `Invalid value: ${shown(value)}: ${why}`;
  return { reason: 'FieldValueInvalid', message, field };
}

/** wrongType says that a value is of another type. */
export function wrongType(field: string, value: JsonValue, why: string): Cause {
  return { reason: 'FieldValueTypeInvalid', message: `Invalid value: ${shown(value)}: ${why}`, field };
}

/** required says that a value is missing. */
export function required(field: string, why = ''): Cause {
  return { reason: 'FieldValueRequired', message: `Required value${why ? `: ${why}` : ''}`, field };
}

/** forbiddenValue says that a field may not be set or changed. */
export function forbiddenValue(field: string, why: string): Cause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

/** unsupported says that a value is not in a closed list. */
export function unsupported(field: string, value: JsonValue, known: readonly JsonValue[]): Cause {
  const list = known
    .map((item) => (typeof item === 'string' ? JSON.stringify(item) : shown(item)))
    .join(', ');
  const message = `Unsupported value: ${shown(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

/** duplicate says that a list has an item twice. */
export function duplicate(field: string, value: JsonValue): Cause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(value)}`, field };
}

/** tooLong says that a string has more than `most` bytes. */
export function tooLong(field: string, most: number): Cause {
  const message = `Too long: may not be more than ${most} bytes`;
  return { reason: 'FieldValueTooLong', message, field };
}

/** tooMany says that a list or map has more than `most` items. */
export function tooMany(field: string, actual: number, most: number): Cause {
  const message = `Too many: ${actual}: must have at most ${most} ${most === 1 ? 'item' : 'items'}`;
  return { reason: 'FieldValueTooMany', message, field };
}
