/** A second look, at the API server itself: before a run is closed, a watch that is slow must not be why. */
import { labels } from '../api/names.ts';
import type { NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { errorText, type Log } from '../control/log.ts';
import { plusSeconds } from '../plan/time.ts';
import { isRefusal } from './api-error.ts';
import { type Caches, jobEntry, probePodEntry } from './caches.ts';
import type { Client } from './client.ts';
import { auditView } from './custom.ts';
import type { JsonObject } from './json.ts';
import { entryOf, pages } from './reflector.ts';
import { jobs, networkAudits, pods } from './resources.ts';
import type { Store } from './store.ts';
import type { Selection } from './watch.ts';

/** SecondLookParts are what is asked, and what is told the answer. */
export interface SecondLookParts {
  readonly client: Client;
  readonly caches: Caches;
  readonly log: Log;
  /** closingSeconds is how long before its deadline a run may be closed at the earliest without all answers. */
  readonly closingSeconds: number;
}

/** most bounds what is remembered of what was asked. */
const most = 2000;

/** SecondLook asks at most once about each run that is about to be over its time, and about each Job without a Pod. */
export class SecondLook {
  readonly #parts: SecondLookParts;
  readonly #asked = new Set<string>();

  constructor(parts: SecondLookParts) {
    this.#parts = parts;
  }

  /** atAudit looks whether there is an audit that no watch has told of. */
  async atAudit(name: string, signal: AbortSignal | undefined): Promise<void> {
    // What is no name of an object would be a selector of its own.
    if (!/^[a-z0-9.-]+$/.test(name)) return;
    const selection = { resource: networkAudits, fieldSelector: `metadata.name=${name}` };
    await this.#unlessRefused({ audit: name }, () =>
      this.#reread(selection, this.#parts.caches.audits, auditView, signal),
    );
  }

  /** atProbes looks at the Jobs and Pods of a run of which an answer seems to be missing. */
  async atProbes(run: NetworkAuditRun, now: Date, signal: AbortSignal | undefined): Promise<void> {
    const { name, uid } = run.metadata;
    const missing = this.#missing(run, now).filter((each) => !this.#asked.has(each));
    if (missing.length === 0) return;
    const { caches } = this.#parts;
    const labelSelector = `${labels.runUid}=${uid}`;
    await this.#unlessRefused({ run: name }, async () => {
      for (const [namespace, store] of caches.jobs) {
        await this.#reread({ resource: jobs, namespace, labelSelector }, store, jobEntry, signal);
      }
      for (const [namespace, store] of caches.probePods) {
        await this.#reread({ resource: pods, namespace, labelSelector }, store, probePodEntry, signal);
      }
    });
    if (this.#asked.size > most) this.#asked.clear();
    for (const each of missing) this.#asked.add(each);
  }

  /** #missing are uids: of the run, when its time is up and not all have answered, and of Jobs that ended without a Pod. */
  #missing({ metadata: { uid }, status }: NetworkAuditRun, now: Date): readonly string[] {
    if (status?.plan === undefined) return [];
    const { deadlineTime, nodes } = status.plan;
    const ours = viewsOf(this.#parts.caches.jobs).filter(({ view }) => view.runUid === uid);
    const seen = viewsOf(this.#parts.caches.probePods);
    const withPod = new Set(seen.map(({ view }) => view.jobUid));
    const ended = new Set(seen.flatMap(({ view }) => (view.terminated === undefined ? [] : [view.jobUid])));
    const planned = nodes.reduce((sum, { places }) => sum + places.length, 0);
    const answered = ours.filter(({ view }) => ended.has(view.uid)).length;
    const isClosing = now >= plusSeconds(new Date(deadlineTime), -this.#parts.closingSeconds);
    return [
      ...(isClosing && answered < planned ? [uid] : []),
      ...ours.flatMap(({ view }) =>
        view.finished !== undefined && !withPod.has(view.uid) ? [view.uid] : [],
      ),
    ];
  }

  async #reread<View>(
    selection: Selection,
    store: Store<View>,
    view: (object: JsonObject) => View | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for await (const { items } of pages(this.#parts.client, selection, 500, signal)) {
      for (const item of items) {
        const entry = entryOf(item, view);
        if (entry !== undefined) store.upsert(entry);
      }
    }
  }

  /** What may not be read now may not be read later either, and a run must end. */
  async #unlessRefused(about: Readonly<Record<string, string>>, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#parts.log.warn('Could not look a second time', { ...about, error: errorText(error) });
    }
  }
}

function viewsOf<View>(stores: ReadonlyMap<string, { views(): View[] }>): View[] {
  return [...stores.values()].flatMap((store) => store.views());
}
