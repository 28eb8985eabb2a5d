/** What follows from a write of ours: whose the object is that is there already, and that the caches know it at once. */
import { StalledError } from '../control/errors.ts';
import { hasReason } from './api-error.ts';
import { isObject, type JsonObject, objectAt, objectsOf, textOf } from './json.ts';
import { entryOf } from './reflector.ts';
import type { Store } from './store.ts';

/** deleteOptions leave what an object owns to the garbage collector: a plain deletion of Jobs would orphan their Pods. */
export const deleteOptions = {
  apiVersion: 'v1',
  kind: 'DeleteOptions',
  propagationPolicy: 'Background',
} as const;

/** createdByUs resolves to the created object, or to the one that is there already if its owner is the same. */
export async function createdByUs(
  create: () => Promise<unknown>,
  read: () => Promise<unknown>,
  owners: readonly object[],
): Promise<unknown> {
  try {
    return await create();
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists')) throw error;
  }
  const present = await read();
  const metadata = objectAt(present, 'metadata');
  const wanted = owners.map((owner) => textOf(objectAt(owner).uid));
  const found = objectsOf(metadata.ownerReferences).map(({ uid }) => textOf(uid));
  if (wanted.every((uid) => found.includes(uid))) return present;
  throw new StalledError(
    `${textOf(objectAt(present).kind)} ${textOf(metadata.name)} belongs to somebody else`,
  );
}

/** keep brings the answer to a write, or to a read of one object, into its store. */
export function keep<View>(
  store: Store<View>,
  object: unknown,
  view: (object: JsonObject) => View | undefined,
): void {
  const entry = isObject(object) ? entryOf(object, view) : undefined;
  if (entry) store.wrote(entry);
}
