/** Events about our objects, by events.k8s.io/v1: one object for the same news, counted when it comes again. */
import { createHash } from 'node:crypto';
import { apiVersion } from '../api/names.ts';
import { errorText, type Log } from '../control/log.ts';
import type { EmitEvent } from '../plan/actions.ts';
import { hasReason } from './api-error.ts';
import type { Client } from './client.ts';
import { microTime } from './micro-time.ts';
import { events } from './resources.ts';

/** EventsOptions say who reports. */
export interface EventsOptions {
  readonly log: Log;
  /** instance is this replica, as `reportingInstance`: at most 128 characters. */
  readonly instance: string;
  readonly now?: () => Date;
}

/** Events about cluster-scoped objects belong here (events.k8s.io validation: `default` or `kube-system`). */
const namespace = 'default';
const controller = 'netaudit.dev/operator';
/** noteBytes is the API server's own limit (NoteLengthLimit); names are limited to 253. */
const noteBytes = 1024;
/** The same news within this time is a series (client-go: 6 minutes); how many are remembered is bounded. */
const seriesMilliseconds = 6 * 60_000;
const remembered = 512;
/** client-go's spam filter: so many at once about one object, then one in five minutes. */
const burst = 25;
const refillMilliseconds = 300_000;

interface Said {
  readonly count: number;
  readonly at: number;
}

/** Events writes Events. None of its methods rejects: an Event that cannot be written stops no work. */
export class Events {
  readonly #client: Client;
  readonly #log: Log;
  readonly #instance: string;
  readonly #now: () => Date;
  readonly #said = new Map<string, Said>();
  readonly #budgets = new Map<string, { tokens: number; at: number }>();

  constructor(client: Client, { log, instance, now }: EventsOptions) {
    this.#client = client;
    this.#log = log;
    this.#instance = instance.slice(0, 128);
    this.#now = now ?? (() => new Date());
  }

  /** emit writes one Event, or counts one more of it. */
  async emit(event: EmitEvent, signal?: AbortSignal): Promise<void> {
    const fields = { kind: event.about.kind, name: event.about.name, reason: event.reason };
    if (!this.#mayAfford(event.about.uid)) {
      this.#log.debug('Left out an event of an object that has too many', fields);
      return;
    }
    try {
      await this.#write(event, signal);
    } catch (error) {
      this.#log.warn('Could not write event', { ...fields, error: errorText(error) });
    }
  }

  async #write(event: EmitEvent, signal: AbortSignal | undefined): Promise<void> {
    const name = nameOf(event);
    const now = this.#now();
    const before = this.#said.get(name);
    const recent = before !== undefined && now.getTime() - before.at < seriesMilliseconds;
    const count = recent ? before.count + 1 : 1;
    if (!recent || !(await this.#count(name, count, now, signal)))
      await this.#create(event, name, now, signal);
    this.#remember(name, { count, at: now.getTime() });
  }

  /** #count tells whether the Event was still there to be counted. */
  async #count(name: string, count: number, now: Date, signal: AbortSignal | undefined): Promise<boolean> {
    const body = { series: { count, lastObservedTime: microTime(now) } };
    try {
      await this.#client.send({ verb: 'patch', resource: events, namespace, name, body }, { signal });
      return true;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return false;
      throw error;
    }
  }

  async #create(event: EmitEvent, name: string, now: Date, signal: AbortSignal | undefined): Promise<void> {
    const { about, eventType, reason, message, action } = event;
    const body = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace },
      eventTime: microTime(now),
      reportingController: controller,
      reportingInstance: this.#instance,
      action,
      reason,
      regarding: { apiVersion, kind: about.kind, name: about.name, uid: about.uid },
      note: cut(message, noteBytes),
      type: eventType,
    };
    try {
      await this.#client.send({ verb: 'create', resource: events, namespace, body }, { signal });
    } catch (error) {
      // A replica before us said the same: this one is the second of a series.
      if (!hasReason(error, 'AlreadyExists')) throw error;
      await this.#count(name, 2, now, signal);
    }
  }

  #remember(name: string, said: Said): void {
    this.#said.delete(name);
    this.#said.set(name, said);
    const [oldest] = this.#said.keys();
    if (this.#said.size > remembered && oldest !== undefined) this.#said.delete(oldest);
  }

  #mayAfford(uid: string): boolean {
    const now = this.#now().getTime();
    const budget = this.#budgets.get(uid) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, budget.tokens + (now - budget.at) / refillMilliseconds);
    this.#budgets.delete(uid);
    this.#budgets.set(uid, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    const [oldest] = this.#budgets.keys();
    if (this.#budgets.size > remembered && oldest !== undefined) this.#budgets.delete(oldest);
    return tokens >= 1;
  }
}

/** The same news about the same object has the same name, so that two replicas and two lives of one agree. */
function nameOf({ about, eventType, reason, message, action }: EmitEvent): string {
  const text = JSON.stringify([about.uid, eventType, reason, action, message]);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `${about.name.slice(0, 230)}.${hash}`;
}

/** cut keeps the beginning of a text within so many bytes of UTF-8 without cutting a character. */
export function cut(text: string, bytes: number): string {
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return text;
  const ellipsis = '…';
  let end = bytes - Buffer.byteLength(ellipsis);
  while (end > 0 && ((whole[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return whole.subarray(0, end).toString('utf8') + ellipsis;
}
