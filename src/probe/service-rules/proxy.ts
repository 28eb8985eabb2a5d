/** What kube-proxy says of itself. It is asked before the rules are read: what it says it wrote is then in them. */
import type { Mode, ProxyState } from '../../checks/service-rules/evidence.ts';
import { isObject, parseJson } from '../../checks/shape.ts';
import type { Said } from './loopback.ts';
import type { Means } from './means.ts';
import { syncTimesOf } from './proxy-metrics.ts';

/** ports are the defaults of kube-proxy: metrics on the loopback, health on every address. */
const ports = { metrics: 10_249, health: 10_256 } as const;

/** SaidProxy is what it said. */
export interface SaidProxy {
  readonly state: ProxyState;
  /** mode is absent where it did not answer with one. */
  readonly mode?: Mode;
  /** config is the text of `/configz`, where there is one. */
  readonly config?: string;
}

/** askProxy asks all of its ports. */
export async function askProxy(means: Pick<Means, 'ask' | 'now'>): Promise<SaidProxy> {
  const [mode, config, metrics, health] = await Promise.all([
    means.ask(ports.metrics, '/proxyMode'),
    means.ask(ports.metrics, '/configz'),
    means.ask(ports.metrics, '/metrics'),
    means.ask(ports.health, '/healthz'),
  ]);
  const told = modeOf(mode);
  const state: ProxyState = {
    ...healthOf(health),
    ...(metrics.ok && metrics.status === 200
      ? syncTimesOf(metrics.body)
      : { metricsError: metrics.ok ? `answered ${metrics.status}` : metrics.problem }),
    now: means.now().toISOString(),
  };
  return {
    state,
    ...(told === undefined ? {} : { mode: told }),
    ...(config.ok && config.status === 200 ? { config: config.body } : {}),
  };
}

const modes: readonly Mode[] = ['iptables', 'nftables', 'ipvs'];

function modeOf(said: Said): Mode | undefined {
  return said.ok && said.status === 200 ? modes.find((each) => each === said.body.trim()) : undefined;
}

/** A node that is on its way out answers 503 and is healthy. Releases without that field say only who is not. */
function healthOf(said: Said): Pick<ProxyState, 'health' | 'healthError'> {
  if (!said.ok) return { healthError: said.problem };
  const { status, body } = said;
  if (status !== 200 && status !== 503) return { healthError: `answered ${status}` };
  const told = parseJson(body)?.value;
  const { healthy, nodeEligible } = isObject(told) ? told : {};
  const guess = status === 200 || nodeEligible === false;
  return { health: { status, healthy: typeof healthy === 'boolean' ? healthy : guess } };
}
