/** A cache of one list of objects, each reduced to a view when it was read. */
import { isDeepStrictEqual } from 'node:util';

/** Changed is told of a view that came, changed (both given) or went. */
export type Changed<View> = (previous: View | undefined, next: View | undefined) => void;

/** Entry is one object as the cache keeps it. */
export interface Entry<View> {
  /** key is `namespace/name`, or the name of a cluster-scoped object. */
  readonly key: string;
  readonly uid: string;
  /** version is the object's resourceVersion; of two that are numbers, the API server gave the larger one later. */
  readonly version?: string;
  readonly view: View;
}

interface Kept<View> extends Entry<View> {
  /** since is when the object was learned from the answer to a write; undefined if from a list or watch. */
  readonly since?: number;
}

/** A deletion that the API server confirmed hides later news of the same object for this long. */
const tombstoneMilliseconds = 300_000;

/**
 * Store keeps the views of one list. Beside what lists and watches say it is told of the operator's own writes at
 * once (`wrote`, `deleted`), so that a slow watch never makes it look as if a write had not happened.
 */
export class Store<View> {
  readonly #entries = new Map<string, Kept<View>>();
  readonly #deleted = new Map<string, number>();
  readonly #listeners: Changed<View>[] = [];
  readonly #now: () => number;
  #synced = false;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** synced tells whether a first list was read to its end. */
  get synced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** views are all views, in no promised order. */
  views(): View[] {
    return [...this.#entries.values()].map((entry) => entry.view);
  }

  get(key: string): View | undefined {
    return this.#entries.get(key)?.view;
  }

  /** onChange adds a listener; it is not told of writes that left the view as it was. */
  onChange(listener: Changed<View>): void {
    this.#listeners.push(listener);
  }

  /** upsert takes what a watch said; what it says late, after the answer to a later write, is old. */
  upsert(entry: Entry<View>): void {
    if (this.#isBuried(entry.uid)) return;
    const present = this.#entries.get(entry.key);
    if (present?.uid === entry.uid && isOlder(entry.version, present.version)) return;
    this.#put(entry);
  }

  /** remove takes a watch's deletion; news of a namesake that came since are kept. */
  remove(key: string, uid: string): void {
    this.#deleted.delete(uid);
    if (this.#entries.get(key)?.uid === uid) this.#drop(key);
  }

  /** wrote takes the answer to a write of ours. */
  wrote(entry: Entry<View>): void {
    this.#put({ ...entry, since: this.#now() });
  }

  /** deleted takes a deletion of ours that the API server confirmed; what the watch still says of it is old. */
  deleted(where: (view: View) => boolean): void {
    const gone = [...this.#entries.values()].filter((entry) => where(entry.view));
    for (const { key, uid } of gone) {
      this.#deleted.set(uid, this.#now());
      this.#drop(key);
    }
  }

  /** replace takes a whole list that was begun at `began`: what it does not name is gone, unless written since. */
  replace(entries: Iterable<Entry<View>>, began: number): void {
    for (const [uid, at] of this.#deleted) {
      if (at < began || this.#now() - at > tombstoneMilliseconds) this.#deleted.delete(uid);
    }
    const named = new Set<string>();
    for (const entry of entries) {
      if (this.#isBuried(entry.uid)) continue;
      named.add(entry.key);
      const present = this.#entries.get(entry.key);
      if (present?.since === undefined || present.since < began) this.#put(entry);
    }
    for (const [key, { since }] of [...this.#entries]) {
      if (!named.has(key) && (since === undefined || since < began)) this.#drop(key);
    }
    this.#synced = true;
  }

  #isBuried(uid: string): boolean {
    const at = this.#deleted.get(uid);
    return at !== undefined && this.#now() - at <= tombstoneMilliseconds;
  }

  #put(entry: Kept<View>): void {
    const previous = this.#entries.get(entry.key);
    this.#entries.set(entry.key, entry);
    if (previous?.uid === entry.uid && isDeepStrictEqual(previous.view, entry.view)) return;
    this.#tell(previous?.view, entry.view);
  }

  #drop(key: string): void {
    const previous = this.#entries.get(key);
    this.#entries.delete(key);
    if (previous) this.#tell(previous.view, undefined);
  }

  #tell(previous: View | undefined, next: View | undefined): void {
    for (const listener of this.#listeners) listener(previous, next);
  }
}

/** isOlder compares resourceVersions as the API conventions allow since Kubernetes 1.35: as whole numbers. */
function isOlder(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined || !digits.test(one) || !digits.test(other)) return false;
  return one.length === other.length ? one < other : one.length < other.length;
}

const digits = /^[1-9]\d*$/;
