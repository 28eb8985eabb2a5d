import { ApiError } from '../api/errors.ts';
import type { Client } from '../client.ts';
import { controllerOf, identity, keyOf, NODES, type Node, PODS, type Pod } from '../kinds.ts';
import {
  ENDPOINT_SLICES,
  type EndpointSlice,
  MANAGED_BY,
  SERVICE_NAME,
  SERVICES,
  type Service,
} from '../service-kinds.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { portGroups, selects } from './endpoints.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { isTerminatingNamespace, unlessMissing } from './refusals.ts';
import { MANAGER, type SlicePlan, slicePlan, TRIGGER_TIME } from './slice-plan.ts';
import { TriggerTimes } from './trigger-time.ts';

function dated(slice: EndpointSlice, time: string | undefined): EndpointSlice {
  const { [TRIGGER_TIME]: _before, ...others } = slice.metadata.annotations ?? {};
  const annotations = time === undefined ? others : { ...others, [TRIGGER_TIME]: time };
  const { annotations: _annotations, ...metadata } = slice.metadata;
  return {
    ...slice,
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
  };
}

/** EndpointSliceController keeps the slices of every Service with a selector; slices of others are left alone. */
export class EndpointSliceController implements Controller {
  readonly #client: Client;
  readonly #queue: KeyedQueue;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #times = new TriggerTimes();

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#queue = new KeyedQueue(
      (key) => this.#sync(key),
      (key, error) => log('Slices were not reconciled', { service: key, error: String(error) }),
    );
    this.#nodes = new Informer<Node>(client, NODES, () => {});
    this.#pods = new Informer<Pod>(
      client,
      PODS,
      ({ object }, before) => this.#podChanged(before === undefined ? [object] : [object, before]),
      { group: ({ metadata }) => metadata.namespace },
    );
    this.#slices = new Informer<EndpointSlice>(
      client,
      ENDPOINT_SLICES,
      ({ object: { metadata } }) =>
        this.#queue.add(`${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`),
      { selector: { labelSelector: `${MANAGED_BY}=${MANAGER}` }, group: controllerOf },
    );
    this.#services = new Informer<Service>(client, SERVICES, ({ object }) => this.#queue.add(keyOf(object)), {
      group: ({ metadata }) => metadata.namespace,
    });
  }

  async stop(): Promise<void> {
    for (const informer of [this.#services, this.#slices, this.#pods, this.#nodes]) informer.stop();
    await this.#queue.stop();
  }

  #podChanged(versions: Pod[]): void {
    for (const service of this.#services.grouped(versions[0]?.metadata.namespace ?? '')) {
      if (versions.some((pod) => selects(service, pod))) this.#queue.add(keyOf(service));
    }
  }

  async #sync(key: string): Promise<void> {
    const service = this.#services.get(key);
    if (service === undefined) {
      this.#times.forget(key);
      return;
    }
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return;
    const { namespace, uid } = identity(service);
    const pods = this.#pods.grouped(namespace).filter((pod) => selects(service, pod));
    const time = this.#times.next(service, pods);
    const existing = this.#slices.grouped(uid);
    const families = service.spec.ipFamilies ?? [];
    const foreign = existing.filter(({ addressType }) => !families.some((family) => family === addressType));
    await this.#write(service, { create: [], update: [], remove: foreign }, time);
    for (const family of families) {
      const groups = portGroups(service, family, pods, (name) => this.#nodes.get(name));
      const own = existing.filter(({ addressType }) => addressType === family);
      await this.#write(service, slicePlan(service, family, groups, own), time);
    }
  }

  async #write(service: Service, { create, update, remove }: SlicePlan, time?: string): Promise<void> {
    // What belongs to a Service that is going away is the garbage collector's.
    if (service.metadata.deletionTimestamp === undefined) {
      for (const slice of create) await this.#create(dated(slice, time));
    }
    for (const slice of update) {
      this.#slices.remember(await this.#client.update<EndpointSlice>(ENDPOINT_SLICES, dated(slice, time)));
    }
    for (const slice of remove) {
      const { namespace, name } = identity(slice);
      await this.#client.delete(ENDPOINT_SLICES, namespace, name).catch(unlessMissing);
    }
  }

  async #create(slice: EndpointSlice): Promise<void> {
    try {
      this.#slices.remember(await this.#client.create<EndpointSlice>(ENDPOINT_SLICES, slice));
    } catch (error) {
      if (!(error instanceof ApiError && isTerminatingNamespace(error))) throw error;
    }
  }
}
