/** What the small API server keeps: objects, their history for watches, and how far back that goes. */

/** Stored is any object. */
export interface Stored {
  [field: string]: unknown;
  metadata: Metadata;
}

export interface Metadata {
  [field: string]: unknown;
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
  labels?: Record<string, string>;
}

/** Change is one event of the history. `collection` is the plural with its group. */
export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly object: Stored;
}

/** Refusal is an answer above 299. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Objects is a store with optimistic concurrency and a history. */
export class Objects {
  readonly #objects = new Map<string, Stored>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #history: Change[] = [];
  #version = 100;
  #uids = 0;
  /** compacted is the newest version that is forgotten. */
  compacted = 0;

  get version(): number {
    return this.#version;
  }

  /** compact forgets all history: watches and continue tokens of before are too old. */
  compact(): void {
    this.#version += 1;
    this.compacted = this.#version;
  }

  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  since(version: number): readonly Change[] {
    return this.#history.filter((change) => change.version > version);
  }

  all(collection: string, namespace?: string): Stored[] {
    const prefix = `${collection}|${namespace === undefined ? '' : `${namespace}|`}`;
    return [...this.#objects.entries()].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  get(collection: string, namespace: string | undefined, name: string): Stored {
    const found = this.#objects.get(keyOf(collection, namespace, name));
    if (!found) throw new Refusal(404, 'NotFound', `${collection} "${name}" not found`);
    return found;
  }

  create(collection: string, namespace: string | undefined, object: Partial<Stored>): Stored {
    const metadata = { ...object.metadata };
    const name = metadata.name ?? '';
    if (name === '') throw new Refusal(422, 'Invalid', 'metadata.name: Required value');
    if (this.#objects.has(keyOf(collection, namespace, name))) {
      throw new Refusal(409, 'AlreadyExists', `${collection} "${name}" already exists`);
    }
    const created: Stored = {
      ...object,
      metadata: {
        ...metadata,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        uid: `uid-${++this.#uids}`,
        generation: 1,
        creationTimestamp: metadata.creationTimestamp ?? new Date().toISOString(),
        resourceVersion: '',
      },
    };
    return this.#put('ADDED', collection, created);
  }

  /** replace writes over the object, which must still have that version and uid where they are given. */
  replace(collection: string, present: Stored, next: Stored, specChanged: boolean): Stored {
    const { resourceVersion, uid } = next.metadata;
    const stale = resourceVersion !== '' && resourceVersion !== undefined;
    if (
      (stale && resourceVersion !== present.metadata.resourceVersion) ||
      (uid !== undefined && uid !== present.metadata.uid)
    ) {
      throw new Refusal(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${collection}: the object has been modified`,
      );
    }
    const { generation, creationTimestamp } = present.metadata;
    const metadata = {
      ...next.metadata,
      uid: present.metadata.uid,
      creationTimestamp,
      generation: generation + (specChanged ? 1 : 0),
    };
    return this.#put('MODIFIED', collection, { ...next, metadata });
  }

  delete(collection: string, object: Stored): void {
    this.#objects.delete(keyOf(collection, object.metadata.namespace, object.metadata.name));
    this.#record('DELETED', collection, object);
  }

  #put(type: 'ADDED' | 'MODIFIED', collection: string, object: Stored): Stored {
    const kept = this.#record(type, collection, object);
    this.#objects.set(keyOf(collection, kept.metadata.namespace, kept.metadata.name), kept);
    return kept;
  }

  #record(type: Change['type'], collection: string, object: Stored): Stored {
    this.#version += 1;
    const kept = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    const change = { version: this.#version, type, collection, object: kept };
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
    return kept;
  }
}

function keyOf(collection: string, namespace: string | undefined, name: string): string {
  return namespace === undefined ? `${collection}|${name}` : `${collection}|${namespace}|${name}`;
}
