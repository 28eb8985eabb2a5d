/** The most that etcd takes of one object. */
import { ApiError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { textOf } from './text.ts';

const most = 1.5 * 1024 * 1024;

/** checkSize throws what etcd's refusal of an object over 1.5 MiB looks like to a client. */
export function checkSize(object: JsonObject): void {
  if (textOf(object).length > most) throw new ApiError(500, '', 'etcdserver: request is too large');
}
