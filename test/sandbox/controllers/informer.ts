import type { Client, KubeObject, Resource, Selector, WatchEvent } from '../client.ts';
import { keyOf } from '../kinds.ts';

/** Informer keeps what a watch says: every controller reads from it and never lists. */
export class Informer<T extends KubeObject> {
  readonly #items = new Map<string, T>();
  readonly #stop: () => void;

  /** `changed` is called after the informer knows of an event; `before` is what it held until then. */
  constructor(
    client: Client,
    resource: Resource,
    changed: (event: WatchEvent<T>, before: T | undefined) => void,
    selector: Selector = {},
  ) {
    this.#stop = client.watch<T>(resource, selector, (event) => {
      const key = keyOf(event.object);
      const before = this.#items.get(key);
      if (event.type === 'DELETED') this.#items.delete(key);
      else if (!isOlder(event.object, before)) this.#items.set(key, event.object);
      changed(event, before);
    });
  }

  /** get is one object by its key. */
  get(key: string): T | undefined {
    return this.#items.get(key);
  }

  /** all are all objects. */
  all(): T[] {
    return [...this.#items.values()];
  }

  /** remember puts in what a write has answered, so that the writer sees its own work at once. */
  remember(object: T): void {
    const key = keyOf(object);
    if (!isOlder(object, this.#items.get(key))) this.#items.set(key, object);
  }

  /** stop ends the watch. */
  stop(): void {
    this.#stop();
  }
}

function isOlder(object: KubeObject, than: KubeObject | undefined): boolean {
  if (than === undefined || than.metadata.uid !== object.metadata.uid) return false;
  return Number(object.metadata.resourceVersion) < Number(than.metadata.resourceVersion);
}
