import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client } from '../client.ts';
import { PODS, type Pod, rfc3339 } from '../kinds.ts';
import {
  ENDPOINT_SLICES,
  type EndpointSlice,
  SERVICE_NAME,
  SERVICES,
  type Service,
} from '../service-kinds.ts';
import { EndpointSliceController } from './endpointslices.ts';
import { nodeNamed, readyStatus, SPEC } from './played.ts';
import { addNodes, type Stage, startStage } from './stage.ts';
import { TriggerTimes } from './trigger-time.ts';

/** Resolves to a Service's slices once they are as asked. */
function slicesOf(client: Client, service: string, test: (slices: EndpointSlice[]) => boolean) {
  const slices = new Map<string | undefined, EndpointSlice>();
  return new Promise<EndpointSlice[]>((resolve) => {
    let over = false;
    const judge = () => {
      if (over || !test([...slices.values()])) return;
      over = true;
      end();
      resolve([...slices.values()]);
    };
    const selector = { namespace: 'default', labelSelector: `${SERVICE_NAME}=${service}` };
    const end = client.watch<EndpointSlice>(ENDPOINT_SLICES, selector, ({ type, object }) => {
      if (type === 'DELETED') slices.delete(object.metadata.name);
      else slices.set(object.metadata.name, object);
      queueMicrotask(judge);
    });
    // Without any slice nothing is told.
    setImmediate(judge);
  });
}

const addresses = (slices: EndpointSlice[]) =>
  slices.flatMap(({ endpoints }) => (endpoints ?? []).flatMap((endpoint) => endpoint.addresses)).sort();
const ready = (slices: EndpointSlice[]) =>
  slices.flatMap(({ endpoints }) => (endpoints ?? []).map(({ conditions }) => conditions?.ready));

describe('the EndpointSlice controller', () => {
  let stage: Stage;

  const service = (name: string, spec: Partial<Service['spec']> = {}): Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  });
  const run = async (app: string, name: string, ip: string): Promise<Pod> => {
    const pod = await stage.client.create<Pod>(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app } },
      spec: { ...SPEC, nodeName: 'n1' },
    });
    return stage.play(pod, { ...readyStatus(), podIP: ip, podIPs: [{ ip }] });
  };

  before(async () => {
    stage = await startStage((client, log) => [
      new EndpointSliceController(client('system:kube-controller-manager'), log),
    ]);
    await addNodes(stage.client, [nodeNamed('n1')]);
  });
  after(() => stage?.end());

  it('follows Pods that come, change their minds and go', async () => {
    const { client } = stage;
    await run('web', 'web-a', '10.200.1.2');
    await client.create(SERVICES, service('web'));
    const [first] = await slicesOf(client, 'web', (slices) => addresses(slices).length === 1);
    assert.match(
      first?.metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'] ?? '',
      /^20.*Z$/,
    );
    const pod = await run('web', 'web-b', '10.200.1.3');
    const both = await slicesOf(client, 'web', (slices) => addresses(slices).length === 2);
    assert.deepEqual(
      both.map(({ metadata }) => metadata.name),
      [first?.metadata.name],
    );
    await stage.play(pod, {
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: rfc3339(new Date()) }],
    });
    await slicesOf(client, 'web', (slices) => ready(slices).join() === 'true,false');
    await client.patch(PODS, 'default', 'web-b', { metadata: { labels: { app: 'other' } } });
    await slicesOf(client, 'web', (slices) => addresses(slices).join() === '10.200.1.2');
    await client.delete(PODS, 'default', 'web-a', { gracePeriodSeconds: 0 });
    const [last] = await slicesOf(client, 'web', (slices) => addresses(slices).length === 0);
    assert.equal(last?.metadata.name, first?.metadata.name);
    assert.deepEqual(stage.logged, []);
  });

  it('restores a slice that somebody else has changed or removed', async () => {
    const { client } = stage;
    await run('kept', 'kept-a', '10.200.1.4');
    await client.create(SERVICES, service('kept'));
    const [slice] = await slicesOf(client, 'kept', (slices) => addresses(slices).length === 1);
    const name = slice?.metadata.name ?? '';
    await client.patch(ENDPOINT_SLICES, 'default', name, { endpoints: [] });
    await slicesOf(client, 'kept', (slices) => addresses(slices).join() === '10.200.1.4');
    await client.delete(ENDPOINT_SLICES, 'default', name);
    const [next] = await slicesOf(
      client,
      'kept',
      ([only]) => only !== undefined && only.metadata.name !== name,
    );
    assert.deepEqual(addresses(next === undefined ? [] : [next]), ['10.200.1.4']);
  });

  it('leaves slices alone that are made by hand, and Services without selector', async () => {
    const { client } = stage;
    const { selector: _, ...spec } = service('manual').spec;
    await client.create(SERVICES, { ...service('manual'), spec });
    const byHand: EndpointSlice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'manual-1', namespace: 'default', labels: { [SERVICE_NAME]: 'manual' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['192.0.2.10'] }],
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
    };
    await client.create(ENDPOINT_SLICES, byHand);
    // A Service with selector that comes later has its slice: the controller has looked at the other before.
    await client.create(SERVICES, service('later'));
    await slicesOf(client, 'later', (slices) => slices.length === 1);
    const { items } = await client.list(ENDPOINT_SLICES, {
      namespace: 'default',
      labelSelector: `${SERVICE_NAME}=manual`,
    });
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      ['manual-1'],
    );
  });

  it('leaves the slices of a deleted Service to the garbage collector', async () => {
    const { client } = stage;
    await client.create(SERVICES, service('brief'));
    await slicesOf(client, 'brief', (slices) => slices.length === 1);
    await client.delete(SERVICES, 'default', 'brief', { propagationPolicy: 'Background' });
    assert.deepEqual(await slicesOf(client, 'brief', (slices) => slices.length === 0), []);
    assert.deepEqual(stage.logged, []);
  });
});

describe('the time of a change', () => {
  const made: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', creationTimestamp: '2026-11-22T07:00:00Z' },
    spec: {},
  };
  const pod = (name: string, lastTransitionTime: string): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: SPEC,
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] },
  });

  it('is the earliest that was not known before', () => {
    const times = new TriggerTimes();
    const [early, late] = ['2026-11-22T07:00:05Z', '2026-11-22T07:00:09Z'];
    assert.equal(times.next(made, [pod('a', early)]), '2026-11-22T07:00:00Z');
    assert.equal(times.next(made, [pod('a', early)]), undefined);
    assert.equal(times.next(made, [pod('a', late), pod('b', early)]), early);
    assert.equal(times.next(made, [pod('b', early)]), undefined);
    times.forget('shop/web');
    assert.equal(times.next(made, []), '2026-11-22T07:00:00Z');
  });
});
