/** Reads what a probe on a node reported, and believes nothing of it before its form and its bounds are right. */
import { canonical, familyOf } from '../pod-to-pod/addresses.ts';
import { isList, isObject, isText, isWhole } from '../shape.ts';
import type { Family } from './address-set.ts';
import { digestsOf } from './digest.ts';
import type { Evidence, Guard, ProxyConfig, ProxyState } from './evidence.ts';
import type { Backend } from './model.ts';

/** ReadEvidence is evidence that can be believed to be evidence, or a sentence that says why not. */
export type ReadEvidence =
  | { readonly ok: true; readonly evidence: Evidence }
  | { readonly ok: false; readonly problem: string };

const modes = ['iptables', 'nftables', 'ipvs', 'none', 'unknown'] as const;
const backends: readonly Backend[] = ['iptables-nft', 'iptables-legacy', 'nftables'];
const families: readonly Family[] = ['IPv4', 'IPv6'];

/** mostRows is how many rows a table may have, which is some ten times what the largest clusters have. */
const mostRows = 10_000_000;

/** readEvidence reads the evidence of one node. Only known fields are kept. */
export function readEvidence(value: unknown): ReadEvidence {
  if (!isObject(value)) return broken('is not a JSON object');
  if (isText(value.problem, 2000)) return { ok: false, problem: `the probe failed: ${value.problem}` };
  if (value.version !== 1) return broken('has another version than 1');
  const { digests, host, missingJumps, rows, unreadable } = value;
  const mode = modes.find((each) => each === value.mode);
  const modeSource = (['proxy', 'kernel'] as const).find((each) => each === value.modeSource);
  if (mode === undefined || modeSource === undefined) return broken('has no mode that is known');
  if (!isList(value.backends, 3, isBackend)) return broken('has back ends in a wrong form');
  const traced = value.families;
  if (!isList(traced, 2, isFamily)) return broken('has families in a wrong form');
  if (!isList(unreadable, 16, isUnreadable)) return broken('has problems of tools in a wrong form');
  if (!isList(host, 64, isAddress)) return broken('has addresses of the node in a wrong form');
  if (!isWhole(rows, 0, mostRows)) return broken('has no count of rows');
  if (!isText(digests, 2048) || (digests !== '' && digestsOf(digests) === undefined)) {
    return broken('has digests in a wrong form');
  }
  if (!isList(missingJumps, 64, isLine)) return broken('has missing jumps in a wrong form');
  if (!isList(value.guards, 8, isGuard) || !isList(value.foreign, 8, isGuard)) {
    return broken('has rules of others in a wrong form');
  }
  const proxy = proxyOf(value.proxy);
  if (proxy === undefined) return broken('has a state of kube-proxy in a wrong form');
  const config = value.config === undefined ? undefined : configOf(value.config);
  if (value.config !== undefined && config === undefined) {
    return broken('has a configuration of kube-proxy in a wrong form');
  }
  return {
    ok: true,
    evidence: {
      version: 1,
      mode,
      modeSource,
      backends: [...new Set(value.backends)],
      unreadable: unreadable.map(({ tool, problem }) => ({ tool, problem })),
      proxy,
      ...(config === undefined ? {} : { config }),
      host,
      families: families.filter((each) => traced.includes(each)),
      rows,
      digests,
      missingJumps,
      guards: value.guards.map(copiedGuard),
      foreign: value.foreign.map(copiedGuard),
    },
  };
}

function proxyOf(value: unknown): ProxyState | undefined {
  if (!isObject(value)) return undefined;
  const { health, healthError, lastQueuedTime, lastSyncTime, metricsError, now, restoreFailures } = value;
  if (!isTime(now) || !isOptional(healthError, isLine) || !isOptional(metricsError, isLine)) return undefined;
  if (!isOptional(lastSyncTime, isTime) || !isOptional(lastQueuedTime, isTime)) return undefined;
  if (!isOptional(health, isHealth) || !isOptional(restoreFailures, isCount)) return undefined;
  return {
    ...(health === undefined ? {} : { health: { status: health.status, healthy: health.healthy } }),
    ...(healthError === undefined ? {} : { healthError }),
    ...(metricsError === undefined ? {} : { metricsError }),
    ...(lastSyncTime === undefined ? {} : { lastSyncTime }),
    ...(lastQueuedTime === undefined ? {} : { lastQueuedTime }),
    now,
    ...(restoreFailures === undefined ? {} : { restoreFailures }),
  };
}

function configOf(value: unknown): ProxyConfig | undefined {
  if (!isObject(value)) return undefined;
  const { bridgeInterface, clusterCIDR, detectLocalMode, interfaceNamePrefix, nodePortAddresses } = value;
  const { localhostNodePorts, masqueradeAll } = value;
  if (!isPrintable(clusterCIDR, 200) || !isPrintable(detectLocalMode, 64)) return undefined;
  if (!isPrintable(bridgeInterface, 64) || !isPrintable(interfaceNamePrefix, 64)) return undefined;
  if (!isList(nodePortAddresses, 64, isLine)) return undefined;
  if (typeof masqueradeAll !== 'boolean' || typeof localhostNodePorts !== 'boolean') return undefined;
  return {
    clusterCIDR,
    detectLocalMode,
    bridgeInterface,
    interfaceNamePrefix,
    nodePortAddresses,
    masqueradeAll,
    localhostNodePorts,
  };
}

function isHealth(value: unknown): value is NonNullable<ProxyState['health']> {
  return isObject(value) && isWhole(value.status, 100, 599) && typeof value.healthy === 'boolean';
}

function isCount(value: unknown): value is number {
  return isWhole(value, 0, Number.MAX_SAFE_INTEGER);
}

function isUnreadable(value: unknown): value is Evidence['unreadable'][number] {
  return isObject(value) && isPrintable(value.tool, 64) && isLine(value.problem);
}

function isGuard(value: unknown): value is Guard {
  return isObject(value) && isText(value.rule, 4000) && isCount(value.count);
}

function copiedGuard({ rule, count }: Guard): Guard {
  return { rule, count };
}

function isBackend(value: unknown): value is Backend {
  return backends.some((each) => each === value);
}

function isFamily(value: unknown): value is Family {
  return families.some((each) => each === value);
}

function isAddress(value: unknown): value is string {
  return isText(value, 45) && familyOf(value) !== undefined && canonical(value) === value;
}

function isTime(value: unknown): value is string {
  return (
    isText(value, 40) && /^\d{4}-\d\d-\d\dT[\d:.]{8,20}Z$/.test(value) && !Number.isNaN(Date.parse(value))
  );
}

/** What tools say is shown as it is: whoever shows it leaves out what terminals would obey. */
function isLine(value: unknown): value is string {
  return isText(value, 2000);
}

function isPrintable(value: unknown, most: number): value is string {
  return isText(value, most) && /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u.test(value);
}

function isOptional<T>(value: unknown, isOne: (value: unknown) => value is T): value is T | undefined {
  return value === undefined || isOne(value);
}

function broken(what: string): ReadEvidence {
  return { ok: false, problem: `the evidence ${what}` };
}
