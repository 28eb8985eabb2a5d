/** What has to be asked for apart, and is remembered until its Pod or Job is gone: logs and refusals. */
import { longestLine } from '../checks/answer.ts';
import type { ReadLog, ReadRefusal } from '../plan/actions.ts';
import { probeContainer } from '../plan/job.ts';
import type { ProbePodView } from '../plan/world.ts';
import { ApiError, ConnectionError } from './api-error.ts';
import type { Client, SendOptions } from './client.ts';
import { isObject, objectAt, objectsOf, textOf } from './json.ts';
import { keptLines } from './log-lines.ts';
import { coreEvents, pods } from './resources.ts';

/** EvidenceBounds say how much is read and remembered. */
export interface EvidenceBounds {
  /** logBytes is how much of one log is read, from its beginning. */
  readonly logBytes: number;
  /** keptBytes is how much of what a judge wants of one log is kept, and spareBytes how much of other lines like it. */
  readonly keptBytes: number;
  readonly spareBytes: number;
  /** totalBytes is how much of all logs is remembered; what does not fit is remembered as an error. */
  readonly totalBytes: number;
  /** askAgainMilliseconds is how long a Job without a refusal is not asked about again. */
  readonly askAgainMilliseconds: number;
}

/** defaultEvidenceBounds keep 48 of the largest answers at a time, and many more of the usual ones. */
export const defaultEvidenceBounds: EvidenceBounds = {
  // The kubelet rotates a log at 10 MiB by default (containerLogMaxSize), with a little more than that in it.
  logBytes: 12 * 1024 * 1024,
  keptBytes: 4 * 1024 * 1024,
  spareBytes: 1024 * 1024,
  totalBytes: 48 * 1024 * 1024,
  askAgainMilliseconds: 10_000,
};

/** A log that the API server could not be asked for so many times is given up. */
const attempts = 3;
/** The API server waits for a kubelet that does not answer for longer than it lets others wait. */
const logTimeoutMilliseconds = 20_000;

/** Logs are what was read of one Pod's log: the answer, and what a judge wanted beside it. */
export type Logs = Pick<ProbePodView, 'log' | 'details'>;

/** Evidence reads logs and Events once and keeps them by the uid of what they are about. */
export class Evidence {
  readonly #client: Client;
  readonly #bounds: EvidenceBounds;
  readonly #logs = new Map<string, Logs>();
  readonly #failures = new Map<string, number>();
  readonly #refusals = new Map<string, string>();
  readonly #asked = new Map<string, number>();
  /** reading are the uids that are asked about just now; true for those that were forgotten meanwhile. */
  readonly #reading = new Map<string, boolean>();
  #bytes = 0;

  constructor(client: Client, bounds: EvidenceBounds = defaultEvidenceBounds) {
    this.#client = client;
    this.#bounds = bounds;
  }

  /** logs are what was read of a Pod's log, or why it could not be; undefined before it was asked for. */
  logs(podUid: string): Logs | undefined {
    return this.#logs.get(podUid);
  }

  /** refusal is the message of the last FailedCreate event of a Job. */
  refusal(jobUid: string): string | undefined {
    return this.#refusals.get(jobUid);
  }

  /** forget drops all that is known of a Pod or Job, also what is being read of it. */
  forget(uid: string): void {
    if (this.#reading.has(uid)) this.#reading.set(uid, true);
    this.#bytes -= sizeOf(this.#logs.get(uid));
    for (const memory of [this.#logs, this.#failures, this.#refusals, this.#asked]) memory.delete(uid);
  }

  /** readLog reads a log, unless it was; true when something was learned. It rejects when asking again may help. */
  readLog(action: ReadLog, options: SendOptions): Promise<boolean> {
    return this.#unlessForgotten(action.podUid, () => this.#readLog(action, options));
  }

  /** readRefusal looks for the event by which the Job controller says that it could not create a Job's Pod. */
  readRefusal(action: ReadRefusal, options: SendOptions): Promise<boolean> {
    return this.#unlessForgotten(action.jobUid, () => this.#readRefusal(action, options));
  }

  /** What goes while it is asked about would be kept for ever, since nobody tells of its end again. */
  async #unlessForgotten(uid: string, read: () => Promise<boolean>): Promise<boolean> {
    this.#reading.set(uid, false);
    try {
      return await read();
    } finally {
      const forgotten = this.#reading.get(uid);
      this.#reading.delete(uid);
      if (forgotten) this.forget(uid);
    }
  }

  async #readLog(action: ReadLog, options: SendOptions): Promise<boolean> {
    const { podUid, keep } = action;
    const kind = 'length' in keep ? 'log' : 'details';
    if (this.#logs.get(podUid)?.[kind] !== undefined) return false;
    try {
      const lines = await this.#lines(action, options);
      this.#keep(podUid, kind === 'log' ? { log: { text: lines.join('\n') } } : { details: { lines } });
    } catch (error) {
      this.#keep(podUid, { [kind]: { error: this.#givenUp(podUid, error) } });
    }
    return true;
  }

  async #lines({ namespace, pod, keep }: ReadLog, options: SendOptions): Promise<readonly string[]> {
    const { logBytes, keptBytes, spareBytes, totalBytes } = this.#bounds;
    const query = { container: probeContainer, limitBytes: String(logBytes) };
    const call = { verb: 'get', resource: pods, namespace, name: pod, subresource: 'log', query } as const;
    // What one log has to spare must not crowd out what is wanted of the next.
    const spare = this.#bytes < totalBytes / 2 ? spareBytes : 0;
    const bounds = { logBytes, lineBytes: longestLine, keptBytes, spareBytes: spare };
    return await this.#client.read(call, (body) => keptLines(body, keep, bounds), {
      ...options,
      timeoutMilliseconds: logTimeoutMilliseconds,
    });
  }

  async #readRefusal({ namespace, jobUid }: ReadRefusal, options: SendOptions): Promise<boolean> {
    const asked = this.#asked.get(jobUid);
    if (asked !== undefined && performance.now() - asked < this.#bounds.askAgainMilliseconds) return false;
    const query = { fieldSelector: `involvedObject.uid=${jobUid}`, limit: '50' };
    const answer = await this.#client.send({ verb: 'list', resource: coreEvents, namespace, query }, options);
    this.#asked.set(jobUid, performance.now());
    const refused = objectsOf(isObject(answer) ? answer.items : undefined)
      .filter(({ reason }) => reason === 'FailedCreate')
      .sort((a, b) => lastSeen(a).localeCompare(lastSeen(b)));
    const message = textOf(refused.at(-1)?.message);
    if (message === '' || message === this.#refusals.get(jobUid)) return false;
    this.#refusals.set(jobUid, message.slice(0, 1024));
    return true;
  }

  /** What the API server said is final; that it said nothing, or had no time, is not. */
  #givenUp(podUid: string, error: unknown): string {
    if (error instanceof ApiError && error.code !== 429) return error.message.slice(0, 512);
    if (!(error instanceof ConnectionError)) throw error;
    const failures = (this.#failures.get(podUid) ?? 0) + 1;
    this.#failures.set(podUid, failures);
    if (failures < attempts) throw error;
    return error.message.slice(0, 512);
  }

  #keep(uid: string, read: Logs): void {
    const fits = this.#bytes + sizeOf(read) <= this.#bounds.totalBytes;
    const kept = fits
      ? read
      : { ...(read.log && { log: tooMuch }), ...(read.details && { details: tooMuch }) };
    this.#logs.set(uid, { ...this.#logs.get(uid), ...kept });
    this.#bytes += sizeOf(kept);
  }
}

const tooMuch = { error: 'The logs of this run are more than the operator may keep in memory' };

function sizeOf({ log, details }: Logs = {}): number {
  const lines = details !== undefined && 'lines' in details ? details.lines : [];
  const text = log !== undefined && 'text' in log ? log.text : '';
  return lines.reduce((sum, line) => sum + line.length, text.length);
}

/** Events say in three ways when they were last seen, by the version of the API that wrote them. */
function lastSeen(event: { readonly [field: string]: unknown }): string {
  const times = [objectAt(event, 'series').lastObservedTime, event.lastTimestamp, event.eventTime];
  return times.map(textOf).find((time) => time !== '') ?? '';
}
