import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Endpoint, EndpointSlice, Service } from '../service-kinds.ts';
import { portsKey } from './endpoints.ts';
import { type SlicePlan, sliceLabels, slicePlan } from './slice-plan.ts';

const SERVICE: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', uid: 's', labels: { team: 'blue' } },
  spec: { selector: { app: 'web' }, clusterIP: '10.96.1.1' },
};
const HTTP = [{ name: 'http', port: 8080, protocol: 'TCP' }];

function endpoint(number: number, ready = true): Endpoint {
  return {
    addresses: [`10.200.${number >> 8}.${number & 255}`],
    conditions: { ready, serving: ready, terminating: false },
    targetRef: { kind: 'Pod', name: `p${number}`, namespace: 'shop', uid: `${number}` },
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => endpoint(from + i));

/** What the API holds after a plan: new slices get names in turn. */
function applied(
  existing: EndpointSlice[],
  { create, update, remove }: SlicePlan,
  turn = 0,
): EndpointSlice[] {
  const rewritten = new Map(update.map((slice) => [slice.metadata.name, slice]));
  const gone = new Set(remove.map(({ metadata }) => metadata.name));
  return [
    ...existing
      .filter(({ metadata }) => !gone.has(metadata.name))
      .map((slice) => rewritten.get(slice.metadata.name) ?? slice),
    ...create.map((slice, i) => ({ ...slice, metadata: { ...slice.metadata, name: `web-${turn}-${i}` } })),
  ];
}

const plan = (endpoints: Endpoint[], existing: EndpointSlice[], service = SERVICE, ports = HTTP) =>
  slicePlan(service, 'IPv4', endpoints.length > 0 ? [{ ports, endpoints }] : [], existing);
const names = (slices: EndpointSlice[]) => slices.map(({ metadata }) => metadata.name);
const nothing: SlicePlan = { create: [], update: [], remove: [] };

describe('a plan of slices', () => {
  it('makes an empty slice for a Service without endpoints, once', () => {
    const first = plan([], []);
    assert.deepEqual(first, {
      ...nothing,
      create: [
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: {
            generateName: 'web-',
            namespace: 'shop',
            labels: {
              team: 'blue',
              'kubernetes.io/service-name': 'web',
              'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
            },
            ownerReferences: [
              {
                apiVersion: 'v1',
                kind: 'Service',
                name: 'web',
                uid: 's',
                controller: true,
                blockOwnerDeletion: true,
              },
            ],
          },
          addressType: 'IPv4',
          endpoints: null,
          ports: null,
        },
      ],
    });
    assert.deepEqual(plan([], applied([], first)), nothing);
  });

  it('writes first and last endpoints into the slice that is there', () => {
    const empty = applied([], plan([], []));
    const filled = plan(range(0, 1), empty);
    assert.deepEqual(
      [names(filled.create), names(filled.update), names(filled.remove)],
      [[], ['web-0-0'], []],
    );
    const after = applied(empty, filled);
    assert.deepEqual(after[0]?.ports, HTTP);
    const emptied = plan([], after);
    assert.deepEqual([emptied.create, names(emptied.update), emptied.remove], [[], ['web-0-0'], []]);
    assert.deepEqual(applied(after, emptied)[0]?.endpoints, null);
  });

  it('begins a new slice after a hundred endpoints, and leaves the full one alone', () => {
    const full = applied([], plan(range(0, 100), []));
    const next = plan(range(0, 101), full);
    assert.deepEqual(
      [next.update, next.remove, next.create.map(({ endpoints }) => endpoints)],
      [[], [], [range(100, 101)]],
    );
  });

  it('fills up what it writes anyway before it makes more', () => {
    const two = applied([], plan(range(0, 150), []));
    const [first, second] = two;
    const changed = plan([endpoint(0, false), ...range(2, 151)], two);
    assert.deepEqual(names(changed.update), [first?.metadata.name]);
    assert.deepEqual(changed.create, []);
    assert.deepEqual(second?.endpoints?.length, 50);
  });

  it('moves to other ports in the same slice', () => {
    const before = applied([], plan(range(0, 2), []));
    const other = [{ name: 'http', port: 9090, protocol: 'TCP' }];
    const moved = plan(range(0, 2), before, SERVICE, other);
    assert.deepEqual([moved.create, names(moved.update), moved.remove], [[], ['web-0-0'], []]);
    assert.deepEqual(moved.update[0]?.ports, other);
  });

  it('marks the slices of a headless Service, and follows its labels', () => {
    const headless = { ...SERVICE, spec: { ...SERVICE.spec, clusterIP: 'None' } };
    const before = applied([], plan(range(0, 1), []));
    const { update } = plan(range(0, 1), before, headless);
    assert.deepEqual(update[0]?.metadata.labels, {
      ...sliceLabels(SERVICE),
      'service.kubernetes.io/headless': '',
    });
  });

  it('ends with each endpoint in one slice, none too large, and has nothing more to do', () => {
    const step = fc.uniqueArray(fc.nat(400), { maxLength: 300 });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        let slices: EndpointSlice[] = [];
        for (const [turn, numbers] of steps.entries()) {
          const wanted = numbers.map((number) => endpoint(number));
          slices = applied(slices, plan(wanted, slices), turn);
          const held = slices.flatMap(({ endpoints }) => endpoints ?? []);
          const key = ({ addresses }: Endpoint) => String(addresses[0]);
          assert.deepEqual(held.map(key).sort(), wanted.map(key).sort());
          assert.ok(slices.every(({ endpoints }) => (endpoints ?? []).length <= 100));
          assert.deepEqual(plan(wanted, slices), nothing);
        }
      }),
    );
  });

  it('knows a set of ports in whatever order', () => {
    const [a, b] = [HTTP, [{ name: 'dns', port: 53, protocol: 'UDP' }]];
    assert.equal(portsKey([...a, ...b]), portsKey([...b, ...a]));
    assert.notEqual(portsKey(a), portsKey(b));
  });
});
