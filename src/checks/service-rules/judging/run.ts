/** What the nodes of a run say of each other: the same silence means another thing where others answer. */
import type { ServiceRulesOptions } from '../../../api/v1alpha1/index.ts';
import type { Evidence, Mode, ProxyState } from '../evidence.ts';
import type { SeenSide } from './sides.ts';

/** Run is what the nodes of a run say of each other. */
export interface Run {
  readonly options: ServiceRulesOptions;
  /** answering are the nodes on which kube-proxy answers. */
  readonly answering: readonly string[];
  /** mode is that of most nodes. */
  readonly mode: Mode | undefined;
  /** proxied is true where kube-proxy, or rules of it, are on any node. */
  readonly proxied: boolean;
}

/** runOf looks at all nodes that reported. */
export function runOf(sides: readonly SeenSide[], options: ServiceRulesOptions): Run {
  return {
    options,
    answering: sides
      .filter(({ evidence }) => isAnswering(evidence.proxy))
      .map(({ node }) => node)
      .sort(),
    mode: modeOfMost(sides),
    proxied: sides.some(({ evidence }) => hasProxy(evidence)),
  };
}

/** isAnswering tells whether kube-proxy answers on the node, on either of its ports. */
export function isAnswering({ health, metricsError }: ProxyState): boolean {
  return health !== undefined || metricsError === undefined;
}

/** hasProxy tells a node on which kube-proxy, or rules of it, were found. */
function hasProxy({ backends, mode }: Evidence): boolean {
  return backends.length > 0 || (mode !== 'none' && mode !== 'unknown');
}

/** modeOfMost is the mode of most of the nodes, undefined where no node has one. */
function modeOfMost(sides: readonly SeenSide[]): Mode | undefined {
  const counts = new Map<Mode, number>();
  for (const { evidence } of sides) {
    const { mode } = evidence;
    if (mode !== 'none' && mode !== 'unknown') counts.set(mode, (counts.get(mode) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0];
}
