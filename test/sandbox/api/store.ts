/** Objects in memory under one global resourceVersion, with a window of history for watches. */
import { expired } from './errors.ts';
import { at, type JsonObject, stringOf } from './json.ts';

/** Change is one write. `previous` is what it replaced; for a deletion `object` is the last state. */
export interface Change {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  collection: string;
  object: JsonObject;
  previous: JsonObject | undefined;
}

/** keyOf orders objects as etcd does: by namespace, then by name. */
export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** collectionOf names where the objects of a resource are kept: all versions of it are the same objects. */
export function collectionOf(resource: { group: string; plural: string }): string {
  if (resource.group === 'events.k8s.io' && resource.plural === 'events') return '/events';
  return `${resource.group}/${resource.plural}`;
}

interface Collection {
  objects: Map<string, JsonObject>;
  /** keys in order; undefined after one came or went. */
  order: string[] | undefined;
  listeners: Set<(change: Change) => void>;
}

/** Store holds the objects. All of its methods are synchronous, so a request is never half done. */
export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #window: number;
  readonly #everyone = new Set<(change: Change) => void>();
  #history: Change[] = [];
  /** The highest version that is no longer in the history. */
  #compacted = 0;
  #version = 1;

  constructor(window: number) {
    this.#window = window;
  }

  /** version is the present global resourceVersion. */
  get version(): number {
    return this.#version;
  }

  #collection(name: string): Collection {
    let found = this.#collections.get(name);
    if (!found) {
      found = { objects: new Map(), order: undefined, listeners: new Set() };
      this.#collections.set(name, found);
    }
    return found;
  }

  /** get is the object, or undefined. */
  get(collection: string, key: string): JsonObject | undefined {
    return this.#collections.get(collection)?.objects.get(key);
  }

  /** entries lists a collection, or one namespace of it, in the order of keys. */
  entries(collection: string, namespace = ''): [key: string, object: JsonObject][] {
    const here = this.#collection(collection);
    here.order ??= [...here.objects.keys()].sort();
    const prefix = namespace ? `${namespace}/` : '';
    const out: [string, JsonObject][] = [];
    for (const key of here.order) {
      const object = here.objects.get(key);
      if (object && key.startsWith(prefix)) out.push([key, object]);
    }
    return out;
  }

  /** values lists the objects of a collection, or of one namespace of it. */
  values(collection: string, namespace = ''): JsonObject[] {
    return this.entries(collection, namespace).map(([, object]) => object);
  }

  /** collections names the collections that hold anything. */
  collections(): string[] {
    return [...this.#collections].filter(([, here]) => here.objects.size > 0).map(([name]) => name);
  }

  /** put stores an object under a new version and returns what was stored. */
  put(collection: string, object: JsonObject): JsonObject {
    const here = this.#collection(collection);
    const key = objectKey(object);
    const previous = here.objects.get(key);
    const stored = this.#stamp(object);
    here.objects.set(key, stored);
    if (!previous) here.order = undefined;
    this.#publish({
      version: this.#version,
      type: previous ? 'MODIFIED' : 'ADDED',
      collection,
      object: stored,
      previous,
    });
    return stored;
  }

  /** remove deletes an object; what watchers see is `last` under a new version. */
  remove(collection: string, last: JsonObject): JsonObject {
    const here = this.#collection(collection);
    const key = objectKey(last);
    const previous = here.objects.get(key);
    here.objects.delete(key);
    here.order = undefined;
    const stored = this.#stamp(last);
    this.#publish({ version: this.#version, type: 'DELETED', collection, object: stored, previous });
    return stored;
  }

  #stamp(object: JsonObject): JsonObject {
    this.#version += 1;
    const metadata = at(object, 'metadata');
    const { apiVersion = '', kind = '' } = object;
    return {
      apiVersion,
      kind,
      ...object,
      metadata: { ...(typeof metadata === 'object' ? metadata : {}), resourceVersion: String(this.#version) },
    };
  }

  #publish(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > this.#window * 2) this.#forget(this.#history.length - this.#window);
    for (const listener of [...this.#collection(change.collection).listeners]) listener(change);
    for (const listener of [...this.#everyone]) listener(change);
  }

  #forget(count: number): void {
    const gone = this.#history.slice(0, count);
    this.#history = this.#history.slice(count);
    this.#compacted = gone.at(-1)?.version ?? this.#compacted;
  }

  /** compact forgets all history: every older resourceVersion is answered by 410 from now on. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#version;
  }

  /** reaches tells whether the history still has everything after a version. */
  reaches(version: number): boolean {
    return version >= this.#compacted;
  }

  /** since lists the changes of a collection after a version; it throws 410 where the history is too short. */
  since(collection: string, version: number): Change[] {
    if (!this.reaches(version)) {
      throw expired(`too old resource version: ${version} (${this.#compacted})`);
    }
    return this.#history.filter((change) => change.version > version && change.collection === collection);
  }

  /** listen calls back on every change of a collection, in order, until the returned function is called. */
  listen(collection: string, listener: (change: Change) => void): () => void {
    const { listeners } = this.#collection(collection);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** listenAll calls back on every change of every collection. */
  listenAll(listener: (change: Change) => void): () => void {
    this.#everyone.add(listener);
    return () => this.#everyone.delete(listener);
  }
}

/** objectKey is the key of an object by its own metadata. */
export function objectKey(object: JsonObject): string {
  return keyOf(stringOf(at(object, 'metadata', 'namespace')), stringOf(at(object, 'metadata', 'name')));
}
