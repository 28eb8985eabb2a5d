import type { Client, KubeObject, Resource, Selector, WatchEvent } from '../client.ts';
import { keyOf } from '../kinds.ts';

/** InformerOptions limit what is watched, and sort it into groups that can be looked up. */
export interface InformerOptions<T> {
  selector?: Selector;
  /** The group of an object, such as the uid of its controller; undefined puts it into none. */
  group?: (object: T) => string | undefined;
}

/** Informer keeps what a watch says: every controller reads from it and never lists. */
export class Informer<T extends KubeObject> {
  readonly #items = new Map<string, T>();
  readonly #groups = new Map<string, Set<string>>();
  readonly #group: (object: T) => string | undefined;
  readonly #stop: () => void;
  #seen = 0;

  /** `changed` is called after the informer knows of an event; `before` is what it held until then. */
  constructor(
    client: Client,
    resource: Resource,
    changed: (event: WatchEvent<T>, before: T | undefined) => void,
    { selector = {}, group = () => undefined }: InformerOptions<T> = {},
  ) {
    this.#group = group;
    this.#stop = client.watch<T>(resource, selector, (event) => {
      const key = keyOf(event.object);
      const before = this.#items.get(key);
      this.#seen = Math.max(this.#seen, versionOf(event.object));
      if (event.type === 'DELETED') this.#put(key, undefined);
      else if (!isOlder(event.object, before)) this.#put(key, event.object);
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

  /** grouped are the objects of one group. */
  grouped(name: string): T[] {
    return [...(this.#groups.get(name) ?? [])].flatMap((key) => this.#items.get(key) ?? []);
  }

  /**
   * remember puts in what a write has answered, so that the writer sees its own work at once. An object that the watch
   * has seen go since stays gone.
   */
  remember(object: T): void {
    const key = keyOf(object);
    const before = this.#items.get(key);
    const gone = before === undefined && versionOf(object) <= this.#seen;
    if (!gone && !isOlder(object, before)) this.#put(key, object);
  }

  /** stop ends the watch. */
  stop(): void {
    this.#stop();
  }

  #put(key: string, object: T | undefined): void {
    const before = this.#items.get(key);
    const from = before === undefined ? undefined : this.#group(before);
    const to = object === undefined ? undefined : this.#group(object);
    if (from !== to && from !== undefined) {
      const group = this.#groups.get(from);
      group?.delete(key);
      if (group?.size === 0) this.#groups.delete(from);
    }
    if (to !== undefined) this.#groups.set(to, (this.#groups.get(to) ?? new Set()).add(key));
    if (object === undefined) this.#items.delete(key);
    else this.#items.set(key, object);
  }
}

function versionOf(object: KubeObject): number {
  return Number(object.metadata.resourceVersion);
}

/** A version is older by number, also across a deletion and a creation under the same name. */
function isOlder(object: KubeObject, than: KubeObject | undefined): boolean {
  return than !== undefined && versionOf(object) < versionOf(than);
}
