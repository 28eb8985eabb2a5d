/** The packets that rows are about, as kube-proxy's rules tell them apart: by source, and by where they come in. */
import {
  type AddressSet,
  boundOf,
  complement,
  emptySet,
  type Family,
  fullSet,
  holds,
  setOf,
} from '../address-set.ts';
import type { Origin } from '../difference/difference.ts';
import type { NodeFacts } from '../node-facts.ts';
import { withoutConfig } from '../node-facts.ts';

/** Detector is how kube-proxy tells the packets of Pods from others. */
export type Detector =
  | { readonly kind: 'none' }
  | { readonly kind: 'range'; readonly range: AddressSet }
  | { readonly kind: 'interface' };

/** detectorOf is that of a node, for a family: of several ranges the first counts. */
export function detectorOf({ config, podCIDRs }: NodeFacts, family: Family): Detector {
  if (config === undefined) return { kind: 'none' };
  const { detectLocalMode, bridgeInterface, interfaceNamePrefix, clusterCIDR } = config;
  if (detectLocalMode === 'BridgeInterface' || detectLocalMode === 'InterfaceNamePrefix') {
    const name = detectLocalMode === 'BridgeInterface' ? bridgeInterface : interfaceNamePrefix;
    return { kind: name === '' ? 'none' : 'interface' };
  }
  const texts = detectLocalMode === 'NodeCIDR' ? podCIDRs : clusterCIDR.split(',');
  const [range] = texts.flatMap((text) => setOf(family, text.trim()) ?? []);
  return range === undefined ? { kind: 'none' } : { kind: 'range', range };
}

/** Traffic is a kind of packets. Sets of the node's own packets, and of what is looked at without configuration, are full or empty. */
export interface Traffic {
  readonly origin: Origin;
  readonly all: AddressSet;
  /** pods are the sources that kube-proxy takes for Pods, others the rest. */
  readonly pods: AddressSet;
  readonly others: AddressSet;
  /** own is the sources that are this address. */
  readonly own: (address: string) => AddressSet;
  /** within is what of the sources lies in a set. */
  readonly within: (set: AddressSet) => AddressSet;
}

/** enteringTraffic is what comes in over an interface: every source at once. */
export function enteringTraffic(
  family: Family,
  detector: Detector,
  origin: 'entering' | 'fromPods' = 'entering',
): Traffic {
  const all = fullSet(family);
  const pods = detector.kind === 'range' ? detector.range : origin === 'fromPods' ? all : emptySet(family);
  return {
    origin,
    all,
    pods,
    others: complement(pods),
    own: (address) => setOf(family, address) ?? emptySet(family),
    within: (set) => set,
  };
}

/** strangerTraffic is the one source that is looked at where kube-proxy's configuration is not known. */
export function strangerTraffic(family: Family): Traffic {
  return { ...singleTraffic(family, { kind: 'none' }, withoutConfig[family]), origin: 'entering' };
}

/** nodeTraffic are the node's own packets, from one of its addresses. */
export function nodeTraffic(family: Family, detector: Detector, source: string | undefined): Traffic {
  return { ...singleTraffic(family, detector, source), origin: 'node' };
}

function singleTraffic(
  family: Family,
  detector: Detector,
  source: string | undefined,
): Omit<Traffic, 'origin'> {
  const [all, none] = [fullSet(family), emptySet(family)];
  const bound = source === undefined ? undefined : boundOf(family, source);
  const within = (set: AddressSet) => (bound !== undefined && holds(set, bound) ? all : none);
  const pods = detector.kind === 'range' ? within(detector.range) : none;
  return {
    all,
    pods,
    others: complement(pods),
    own: (address) => (address === source ? all : none),
    within,
  };
}
