/** The garbage collector: dependents go with their owners, in the background, before them, or not at all. */
import type { Call } from './call.ts';
import { deleteObject } from './delete.ts';
import { ApiError } from './errors.ts';
import { at, type JsonObject, objectOf, objectsOf, stringOf, stringsOf } from './json.ts';
import { controllerUser } from './namespaces.ts';
import type { ApiResource } from './resources.ts';
import type { ServerState } from './state.ts';
import { type Change, collectionOf, keyOf, objectKey } from './store.ts';

interface Place {
  collection: string;
  key: string;
}

function owners(object: JsonObject | undefined): JsonObject[] {
  return objectsOf(at(object, 'metadata', 'ownerReferences'));
}

/** Garbage is the collector of one server. It acts after each change, never inside one. */
export class Garbage {
  readonly #state: ServerState;
  /** dependents by the uid of each owner that they name. */
  readonly #dependents = new Map<string, Map<string, Place>>();
  readonly #pending = new Map<string, Place>();
  #scheduled = false;

  constructor(state: ServerState) {
    this.#state = state;
  }

  /** run starts the collector; the returned function stops it. */
  run(): () => void {
    return this.#state.store.listenAll((change) => this.#observe(change));
  }

  #observe(change: Change): void {
    const key = objectKey(change.object);
    const place = { collection: change.collection, key };
    const id = `${change.collection} ${key}`;
    for (const owner of owners(change.previous)) this.#dependents.get(stringOf(owner.uid))?.delete(id);
    if (change.type === 'DELETED') {
      const uid = stringOf(at(change.object, 'metadata', 'uid'));
      for (const [other, dependent] of this.#dependents.get(uid) ?? []) this.#enqueue(other, dependent);
      const namespace = stringOf(at(change.object, 'metadata', 'namespace'));
      for (const owner of owners(change.object)) this.#enqueueOwner(owner, namespace);
      return;
    }
    for (const owner of owners(change.object)) {
      const uid = stringOf(owner.uid);
      let known = this.#dependents.get(uid);
      if (!known) {
        known = new Map();
        this.#dependents.set(uid, known);
      }
      known.set(id, place);
    }
    if (
      owners(change.object).length > 0 ||
      at(change.object, 'metadata', 'deletionTimestamp') !== undefined
    ) {
      this.#enqueue(id, place);
    }
  }

  /** An owner that waits for this dependent (foreground deletion) is looked at again. */
  #enqueueOwner(owner: JsonObject, namespace: string): void {
    const resource = this.#state.resources.ofKind(stringOf(owner.apiVersion), stringOf(owner.kind));
    if (!resource) return;
    const place = {
      collection: collectionOf(resource),
      key: keyOf(resource.namespaced ? namespace : '', stringOf(owner.name)),
    };
    const object = this.#state.store.get(place.collection, place.key);
    if (!object || at(object, 'metadata', 'uid') !== owner.uid) return;
    if (at(object, 'metadata', 'deletionTimestamp') !== undefined)
      this.#enqueue(`${place.collection} ${place.key}`, place);
  }

  #enqueue(id: string, place: Place): void {
    this.#pending.set(id, place);
    if (!this.#scheduled) queueMicrotask(() => this.#work());
    this.#scheduled = true;
  }

  #work(): void {
    this.#scheduled = false;
    const places = [...this.#pending.values()];
    this.#pending.clear();
    for (const place of places) {
      const object = this.#state.store.get(place.collection, place.key);
      if (!object) continue;
      if (at(object, 'metadata', 'deletionTimestamp') !== undefined && this.#finish(place, object)) continue;
      this.#collect(place, object);
    }
  }

  /** finish does what the collector's own finalizers ask for. */
  #finish(place: Place, object: JsonObject): boolean {
    const finalizers = stringsOf(at(object, 'metadata', 'finalizers'));
    const uid = stringOf(at(object, 'metadata', 'uid'));
    if (finalizers.includes('orphan')) {
      for (const dependent of this.#dependentsOf(uid)) this.#disown(dependent, [uid]);
      return this.#unfinalize(place, object, 'orphan');
    }
    if (!finalizers.includes('foregroundDeletion')) return false;
    let blocking = 0;
    for (const dependent of this.#dependentsOf(uid)) {
      const found = this.#state.store.get(dependent.collection, dependent.key);
      const reference = owners(found).find((owner) => owner.uid === uid);
      if (!found || !reference) continue;
      if (at(found, 'metadata', 'deletionTimestamp') === undefined)
        this.#delete(dependent, found, 'Foreground');
      const left = this.#state.store.get(dependent.collection, dependent.key);
      if (left && reference.blockOwnerDeletion === true) blocking += 1;
    }
    return blocking === 0 ? this.#unfinalize(place, object, 'foregroundDeletion') : true;
  }

  #dependentsOf(uid: string): Place[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  #unfinalize(place: Place, object: JsonObject, finalizer: string): boolean {
    const metadata = objectOf(object.metadata);
    const left = stringsOf(metadata.finalizers).filter((name) => name !== finalizer);
    const { finalizers: _, ...rest } = metadata;
    const next = { ...object, metadata: left.length > 0 ? { ...rest, finalizers: left } : rest };
    const graceful = Number(metadata.deletionGracePeriodSeconds ?? 0) > 0;
    if (left.length > 0 || graceful) this.#state.store.put(place.collection, next);
    else this.#state.store.remove(place.collection, next);
    return true;
  }

  #disown(place: Place, uids: string[]): void {
    const object = this.#state.store.get(place.collection, place.key);
    if (!object) return;
    const metadata = objectOf(object.metadata);
    const left = owners(object).filter((owner) => !uids.includes(stringOf(owner.uid)));
    const { ownerReferences: _, ...rest } = metadata;
    this.#state.store.put(place.collection, {
      ...object,
      metadata: left.length > 0 ? { ...rest, ownerReferences: left } : rest,
    });
  }

  /** collect deletes an object none of whose owners is there, or takes the missing ones off its list. */
  #collect(place: Place, object: JsonObject): void {
    const all = owners(object);
    if (all.length === 0) return;
    const namespace = stringOf(at(object, 'metadata', 'namespace'));
    const gone = all.filter((owner) => this.#isGone(owner, namespace));
    if (gone.length === 0) return;
    if (gone.length < all.length)
      this.#disown(
        place,
        gone.map((owner) => stringOf(owner.uid)),
      );
    else if (at(object, 'metadata', 'deletionTimestamp') === undefined)
      this.#delete(place, object, 'Background');
  }

  /** A kind that is not served says nothing: the real collector waits then, and so does this one. */
  #isGone(owner: JsonObject, namespace: string): boolean {
    const resource = this.#state.resources.ofKind(stringOf(owner.apiVersion), stringOf(owner.kind));
    if (!resource) return false;
    const key = keyOf(resource.namespaced ? namespace : '', stringOf(owner.name));
    const found = this.#state.store.get(collectionOf(resource), key);
    return !found || at(found, 'metadata', 'uid') !== owner.uid;
  }

  /** What admission will not let go stays, as it does with the real collector. */
  #delete(place: Place, object: JsonObject, propagationPolicy: string): void {
    const resource = this.#resourceOf(object);
    if (!resource) return;
    const uid = stringOf(at(object, 'metadata', 'uid'));
    const call: Call = {
      user: controllerUser,
      verb: 'delete',
      resource,
      subresource: '',
      rest: '',
      namespace: stringOf(at(object, 'metadata', 'namespace')),
      name: stringOf(at(object, 'metadata', 'name')),
      query: new URLSearchParams(),
      body: { propagationPolicy, preconditions: { uid } },
      contentType: 'application/json',
      userAgent: 'kube-controller-manager',
      warnings: [],
    };
    try {
      deleteObject(this.#state, call);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#pending.delete(`${place.collection} ${place.key}`);
    }
  }

  #resourceOf(object: JsonObject): ApiResource | undefined {
    return this.#state.resources.ofKind(stringOf(object.apiVersion), stringOf(object.kind));
  }
}
