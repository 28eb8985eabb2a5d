/** The operator's shell: dot-i's Operator, with a watch of our own beneath it. */
import dotI, { type OperatorLogger, type ResourceEvent } from '@dot-i/k8s-operator';
import type { Caches, Following } from './caches.ts';
import type { Client } from './client.ts';
import { type ReflectorOptions, reflect } from './reflector.ts';

/**
 * Shell starts and stops the following of every source. dot-i's own watch ends the process on any error, forgets
 * deletions while it was away and handles one event at a time; this one fills caches, and their listeners add keys.
 */
export class Shell extends dotI.default {
  readonly #client: Client;
  readonly #caches: Caches;
  readonly #options: ReflectorOptions;
  readonly #stopping = new AbortController();
  readonly #following: Promise<void>[] = [];

  constructor(client: Client, caches: Caches, options: ReflectorOptions, logger?: OperatorLogger) {
    super(logger);
    this.#client = client;
    this.#caches = caches;
    this.#options = options;
  }

  /** stop ends every watch; `stopped` resolves when none is left. */
  override stop(): void {
    this.#stopping.abort();
    super.stop();
  }

  /** stopped resolves when nothing is followed any more. */
  async stopped(): Promise<void> {
    await Promise.all(this.#following);
  }

  protected override async init(): Promise<void> {
    for (const { selection } of this.#caches.sources) {
      const { group, version, plural } = selection.resource;
      await this.watchResource(group, version, plural, ignore, selection.namespace, selection.labelSelector);
    }
  }

  /** watchResource follows the sources of that resource for ever; handlers are not called, the caches' listeners are. */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    _onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
    labelSelector?: string,
  ): Promise<void> {
    const source = this.#caches.sources.find(({ selection }) => {
      const { resource } = selection;
      return (
        resource.group === group &&
        resource.version === version &&
        resource.plural === plural &&
        selection.namespace === namespace &&
        selection.labelSelector === labelSelector
      );
    });
    if (source === undefined)
      throw new Error(`No cache follows ${plural}.${group} in ${namespace ?? 'all namespaces'}`);
    this.#following.push(this.#follow(source));
  }

  #follow(source: Following): Promise<void> {
    return source.start((each) => reflect(this.#client, each, this.#options, this.#stopping.signal));
  }
}

async function ignore(): Promise<void> {}
