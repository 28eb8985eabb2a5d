/** ResourceQuota: counts of objects, and what Pods request of CPU and memory. */
import type { Call } from './call.ts';
import { forbidden } from './errors.ts';
import { at, type JsonObject, objectOf, objectsOf, stringOf } from './json.ts';
import { canonicalQuantity, formatDecimal, quantityNano } from './quantity.ts';
import type { ServerState } from './state.ts';
import { collectionOf } from './store.ts';

type Usage = Map<string, bigint>;
const one = 1_000_000_000n;

function isOver(pod: JsonObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

const compute: [quota: string, list: string, resource: string][] = [
  ['cpu', 'requests', 'cpu'],
  ['memory', 'requests', 'memory'],
  ['requests.cpu', 'requests', 'cpu'],
  ['requests.memory', 'requests', 'memory'],
  ['limits.cpu', 'limits', 'cpu'],
  ['limits.memory', 'limits', 'memory'],
];

function amount(container: JsonObject, list: string, resource: string): bigint | undefined {
  const text = at(container, 'resources', list, resource);
  return text === undefined ? undefined : quantityNano(stringOf(text));
}

/** podUsage is what one Pod counts for. */
function podUsage(pod: JsonObject): Usage {
  const usage: Usage = new Map([['count/pods', one]]);
  if (isOver(pod)) return usage;
  usage.set('pods', one);
  for (const [quota, list, resource] of compute) {
    const sum = objectsOf(at(pod, 'spec', 'containers')).reduce(
      (total, item) => total + (amount(item, list, resource) ?? 0n),
      0n,
    );
    const inits = objectsOf(at(pod, 'spec', 'initContainers')).map(
      (item) => amount(item, list, resource) ?? 0n,
    );
    usage.set(
      quota,
      inits.reduce((most, item) => (item > most ? item : most), sum),
    );
  }
  return usage;
}

function usageOf(collection: string, object: JsonObject): Usage {
  if (collection === '/pods') return podUsage(object);
  const [group = '', plural = ''] = collection.split('/');
  const usage: Usage = new Map([[group ? `count/${plural}.${group}` : `count/${plural}`, one]]);
  if (group === '') usage.set(plural, one);
  return usage;
}

/** Which collection a quota's name counts. */
function collectionFor(name: string): string {
  if (compute.some(([quota]) => quota === name) || name === 'pods' || name === 'count/pods') return '/pods';
  const counted = name.replace(/^count\//, '');
  const dot = counted.indexOf('.');
  return dot < 0 ? `/${counted}` : `${counted.slice(dot + 1)}/${counted.slice(0, dot)}`;
}

/** usedOf is how much of one resource a namespace uses now. */
function usedOf(state: ServerState, namespace: string, name: string): bigint {
  const collection = collectionFor(name);
  return state.store
    .values(collection, namespace)
    .reduce((sum, object) => sum + (usageOf(collection, object).get(name) ?? 0n), 0n);
}

function shownAmount(name: string, nano: bigint, like: string): string {
  const binary =
    /[KMGTPE]i$/.test(like) && nano % one === 0n ? canonicalQuantity(`${nano / one / 1024n}Ki`) : undefined;
  return `${name}=${binary && (nano / one) % 1024n === 0n ? binary : formatDecimal(nano)}`;
}

/** checkQuota throws 403 where a new object would use more than a quota of its namespace allows. */
export function checkQuota(state: ServerState, call: Call, object: JsonObject): void {
  if (!call.resource.namespaced) return;
  const collection = collectionOf(call.resource);
  const name = stringOf(at(object, 'metadata', 'name'));
  for (const quota of state.store.values('/resourcequotas', call.namespace)) {
    const hard = objectOf(at(quota, 'spec', 'hard'));
    const mine = Object.keys(hard).filter((item) => collectionFor(item) === collection);
    const quotaName = stringOf(at(quota, 'metadata', 'name'));
    if (collection === '/pods') checkNamed(call, object, name, quotaName, mine);
    const asked = usageOf(collection, object);
    const over = mine.filter((item) => {
      const wanted = asked.get(item) ?? 0n;
      return (
        wanted > 0n &&
        usedOf(state, call.namespace, item) + wanted > (quantityNano(stringOf(hard[item])) ?? 0n)
      );
    });
    if (over.length === 0) continue;
    const list = (amounts: (item: string) => bigint) =>
      over
        .sort()
        .map((item) => shownAmount(item, amounts(item), stringOf(hard[item])))
        .join(',');
    const requested = list((item) => asked.get(item) ?? 0n);
    const used = list((item) => usedOf(state, call.namespace, item));
    const limited = over.map((item) => `${item}=${stringOf(hard[item])}`).join(',');
    throw forbidden(
      call.resource,
      name,
      `exceeded quota: ${quotaName}, requested: ${requested}, used: ${used}, limited: ${limited}`,
    );
  }
}

/** Where a quota counts CPU or memory, every container must say how much it wants. */
function checkNamed(call: Call, pod: JsonObject, name: string, quotaName: string, hard: string[]): void {
  const missing = compute
    .filter(([quota]) => hard.includes(quota))
    .map(([quota, list, resource]) => ({
      quota,
      containers: objectsOf(at(pod, 'spec', 'containers')).filter(
        (item) => amount(item, list, resource) === undefined,
      ),
    }))
    .filter(({ containers }) => containers.length > 0);
  if (missing.length === 0) return;
  const text = missing
    .map(
      ({ quota, containers }) => `${quota} for: ${containers.map((item) => stringOf(item.name)).join(',')}`,
    )
    .sort();
  throw forbidden(call.resource, name, `failed quota: ${quotaName}: must specify ${text.join('; ')}`);
}

/** runQuotas keeps the status of quotas up to date. */
export function runQuotas(state: ServerState): () => void {
  const pending = new Set<string>();
  const work = () => {
    const namespaces = [...pending];
    pending.clear();
    for (const quota of namespaces.flatMap((namespace) => state.store.values('/resourcequotas', namespace))) {
      const hard = objectOf(at(quota, 'spec', 'hard'));
      const namespace = stringOf(at(quota, 'metadata', 'namespace'));
      const used = Object.fromEntries(
        Object.keys(hard).map((name) => [
          name,
          shownAmount('', usedOf(state, namespace, name), stringOf(hard[name])).slice(1),
        ]),
      );
      const status = { hard, used };
      if (JSON.stringify(quota.status) !== JSON.stringify(status))
        state.store.put('/resourcequotas', { ...quota, status });
    }
  };
  return state.store.listenAll((change) => {
    const namespace = stringOf(at(change.object, 'metadata', 'namespace'));
    if (!namespace || state.store.values('/resourcequotas', namespace).length === 0) return;
    if (pending.size === 0) queueMicrotask(work);
    pending.add(namespace);
  });
}
