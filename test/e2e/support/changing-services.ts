/** Services and endpoints that keep changing, in every way that changes the rules of nodes. On the sandbox only. */
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { ENDPOINT_SLICES, type Endpoint, SERVICES, type Service } from '../../sandbox/service-kinds.ts';
import { endpoint, namespace, serviceOf, sliceOf } from './many-services.ts';

/** Changes are under way until they are stopped; `count` is how many there were. */
export interface Changes {
  readonly count: () => number;
  readonly stop: () => Promise<void>;
}

/** pool is how many names there are: the smaller, the oftener a Service comes back under a name that was one's before. */
const pool = 25;

/** changingServices makes one change each so many milliseconds: Services come, change and go, and so do endpoints. */
export function changingServices({ client, nodes }: Sandbox, milliseconds: number): Changes {
  const names = [...nodes.keys()];
  const random = randomFrom(4);
  const there = new Map<string, Service>();
  let [count, going] = [0, true];

  const endpoints = (): Endpoint[] =>
    Array.from({ length: random(5) }, (_, nth) => {
      const ready = random(4) > 0;
      const conditions = { ready, serving: ready || random(2) > 0, terminating: !ready };
      return endpoint(names, 1 + random(names.length), 20 + nth * 20 + random(20), { conditions });
    });
  const change = async () => {
    const name = `passing-${random(pool)}`;
    const present = there.get(name);
    if (present === undefined) {
      const spec = specOf(random);
      there.set(name, await client.create<Service>(SERVICES, serviceOf(name, spec)));
      await client.create(ENDPOINT_SLICES, sliceOf(name, spec, endpoints()));
    } else if (random(4) === 0) {
      there.delete(name);
      await client.delete(SERVICES, namespace, name);
      await client.delete(ENDPOINT_SLICES, namespace, `${name}-1`);
    } else if (random(3) === 0) {
      const patch = { spec: patchOf(specOf(random)) };
      there.set(name, await client.patch<Service>(SERVICES, namespace, name, patch));
    } else {
      await client.update(ENDPOINT_SLICES, sliceOf(name, present.spec, endpoints()));
    }
  };
  const work = async () => {
    const began = performance.now();
    for (; going; count += 1) {
      await change();
      const wait = began + (count + 1) * milliseconds - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    }
  };
  const done = work();
  // Whoever stops it is told of a failure; until then nobody waits for it.
  done.catch(() => {});
  return {
    count: () => count,
    stop: async () => {
      going = false;
      await done;
    },
  };
}

type Random = (below: number) => number;

function specOf(random: Random): Service['spec'] {
  const ports = [
    { name: 'http', port: 80 + random(3), protocol: 'TCP' },
    ...(random(2) > 0 ? [{ name: 'dns', port: 53, protocol: 'UDP' }] : []),
  ];
  return {
    type: random(2) > 0 ? 'NodePort' : 'ClusterIP',
    ports,
    externalIPs: random(3) > 0 ? [] : [`192.0.2.${100 + random(20)}`],
    internalTrafficPolicy: random(4) > 0 ? 'Cluster' : 'Local',
    sessionAffinity: random(4) > 0 ? 'None' : 'ClientIP',
  };
}

/** What a Service may be changed in, as a merge patch. */
function patchOf({ ports = [], externalIPs = [], internalTrafficPolicy, sessionAffinity }: Service['spec']) {
  return {
    ports: ports.map(({ name = '', port, protocol = 'TCP' }) => ({ name, port, protocol })),
    externalIPs,
    internalTrafficPolicy: internalTrafficPolicy ?? 'Cluster',
    sessionAffinity: sessionAffinity ?? 'None',
  };
}

/** The same changes in the same order at each try (Park and Miller's generator). */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}
