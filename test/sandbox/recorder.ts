/** Events as Kubernetes' own components write them. */
import type { Client, KubeObject } from './client.ts';
import { EVENTS, identity, type KubeEvent, microTime, rfc3339 } from './kinds.ts';

/** EventDraft is what a component has to say about an object. */
export interface EventDraft {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** Only on events about a container: `spec.containers{name}`. */
  fieldPath?: string;
  /** Only on events of the newer API, which the scheduler writes: they have an eventTime and no count. */
  action?: string;
}

/** Source is who speaks; kubelets add their node. */
export interface EventSource {
  component: string;
  host?: string;
}

let sequence = 0;

function eventName(name: string): string {
  sequence += 1;
  return `${name}.${(BigInt(Date.now()) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16)}`;
}

/** Recorder writes events in the order they happen and counts what repeats itself, without holding its caller up. */
export class Recorder {
  readonly #client: Client;
  readonly #source: EventSource;
  readonly #failed: (error: unknown) => void;
  readonly #written = new Map<string, { namespace: string; name: string; count: number }>();
  #tail: Promise<void> = Promise.resolve();

  constructor(client: Client, source: EventSource, failed: (error: unknown) => void) {
    this.#client = client;
    this.#source = source;
    this.#failed = failed;
  }

  /** record adds an event about an object. A failure to write it goes to `failed`, as a component's log would say. */
  record(about: KubeObject, draft: EventDraft): void {
    const time = new Date();
    this.#tail = this.#tail.then(() => this.#write(about, draft, time)).catch(this.#failed);
  }

  /** idle resolves when everything that was recorded so far is written. */
  idle(): Promise<void> {
    return this.#tail;
  }

  async #write(about: KubeObject, draft: EventDraft, time: Date): Promise<void> {
    const { uid } = identity(about);
    const key = [uid, draft.type, draft.reason, draft.message, draft.fieldPath].join('\0');
    const known = this.#written.get(key);
    if (known === undefined || draft.action !== undefined) {
      const event = this.#event(about, draft, time);
      const { namespace = '', name = '' } = event.metadata;
      await this.#client.create(EVENTS, event);
      this.#written.set(key, { namespace, name, count: 1 });
      return;
    }
    known.count += 1;
    const change = { count: known.count, lastTimestamp: rfc3339(time) };
    await this.#client.patch(EVENTS, known.namespace, known.name, change);
  }

  #event(about: KubeObject, draft: EventDraft, time: Date): KubeEvent {
    const { namespace, name, uid } = identity(about);
    const { action, fieldPath, ...rest } = draft;
    const { resourceVersion } = about.metadata;
    const old = { firstTimestamp: rfc3339(time), lastTimestamp: rfc3339(time), count: 1, eventTime: null };
    const { component, host = '' } = this.#source;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName(name), namespace: namespace === '' ? 'default' : namespace },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        uid,
        ...(namespace === '' ? {} : { namespace }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      ...rest,
      ...(action === undefined
        ? { ...old, source: { ...this.#source }, reportingComponent: component, reportingInstance: host }
        : {
            eventTime: microTime(time),
            firstTimestamp: null,
            lastTimestamp: null,
            action,
            source: {},
            reportingComponent: component,
            reportingInstance: `${component}-sandbox`,
          }),
    };
  }
}
