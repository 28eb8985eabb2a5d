import { isDeepStrictEqual } from 'node:util';
import type { Client, WatchEvent } from '../client.ts';
import {
  controllerOf,
  DAEMON_SETS,
  type DaemonSet,
  identity,
  keyOf,
  NODES,
  type Node,
  PODS,
  type Pod,
} from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import { availableIn } from './availability.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { DaemonBackoff } from './daemon-backoff.ts';
import { planDaemons } from './daemon-pods.ts';
import { daemonTemplate } from './daemon-template.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { OwnedPods } from './owned-pods.ts';
import { controllerKey } from './owner.ts';
import { templateHash } from './template-hash.ts';

/** The pauses after a Pod was refused, in milliseconds. */
const BACK_OFF = { first: 100, most: 10_000 };

/** DaemonSetController keeps one Pod on each node that a DaemonSet belongs on. */
export class DaemonSetController implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #queue: KeyedQueue;
  readonly #sets: Informer<DaemonSet>;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #owned: OwnedPods;
  readonly #backoff = new DaemonBackoff();

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#recorder = new Recorder(client, { component: 'daemonset-controller' }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      (key) => this.#sync(key),
      (key, error) => log('DaemonSet was not reconciled', { daemonSet: key, error: String(error) }),
    );
    this.#sets = new Informer<DaemonSet>(client, DAEMON_SETS, ({ object }) => this.#queue.add(keyOf(object)));
    this.#nodes = new Informer<Node>(client, NODES, () => {
      for (const set of this.#sets.all()) this.#queue.add(keyOf(set));
    });
    const changed = ({ object }: WatchEvent<Pod>) => {
      const key = controllerKey(object, 'DaemonSet');
      if (key !== undefined) this.#queue.add(key);
    };
    this.#pods = new Informer<Pod>(client, PODS, changed, { group: controllerOf });
    this.#owned = new OwnedPods(client, this.#recorder, this.#pods, { backOff: BACK_OFF });
  }

  async stop(): Promise<void> {
    for (const informer of [this.#sets, this.#nodes, this.#pods]) informer.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  async #sync(key: string): Promise<void> {
    const set = this.#sets.get(key);
    if (set === undefined) return;
    const { uid } = identity(set);
    const pods = this.#pods.grouped(uid);
    const hash = templateHash(set.spec.template);
    const plan = planDaemons(set, this.#nodes.all(), pods, hash, Date.now());
    await this.#write(set, plan.status);
    if (set.metadata.deletionTimestamp !== undefined) return;
    await this.#replace(key, set, plan.ended);
    await Promise.all(plan.remove.map((pod) => this.#owned.remove(set, pod)));
    const templates = plan.create.map((node) => daemonTemplate(set, node, hash));
    const { refused } = await this.#owned.create(set, templates);
    this.#appoint(key, set, pods);
    if (refused !== undefined) throw refused;
  }

  /** Pods that have ended go, so that others can come: those that failed again and again after a while only. */
  async #replace(key: string, set: DaemonSet, ended: Pod[]): Promise<void> {
    for (const pod of ended) {
      const found = (what: string) =>
        `Found ${what} daemon pod ${keyOf(pod)} on node ${pod.spec.nodeName}, will try to`;
      if (pod.status?.phase === 'Succeeded') {
        const message = `${found('succeeded')} delete it`;
        this.#recorder.record(set, { type: 'Normal', reason: 'SucceededDaemonPod', message });
      } else {
        const left = this.#backoff.left(set, pod, Date.now());
        if (left > 0) {
          this.#queue.addAfter(key, left);
          continue;
        }
        const message = `${found('failed')} kill it`;
        this.#recorder.record(set, { type: 'Warning', reason: 'FailedDaemonPod', message });
      }
      await this.#owned.remove(set, pod);
    }
  }

  async #write(set: DaemonSet, status: Record<string, number>): Promise<void> {
    if (isDeepStrictEqual(status, set.status)) return;
    this.#sets.remember(await this.#client.updateStatus<DaemonSet>(DAEMON_SETS, { ...set, status }));
  }

  /** Pods become available by time alone where the set asks for a while of readiness. */
  #appoint(key: string, set: DaemonSet, pods: Pod[]): void {
    const delays = pods.map((pod) => availableIn(pod, set.spec.minReadySeconds ?? 0, Date.now()) ?? 0);
    const next = Math.min(...delays.filter((delay) => delay > 0));
    if (Number.isFinite(next)) this.#queue.addAfter(key, next);
  }
}
