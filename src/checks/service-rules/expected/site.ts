/** A node, as far as its rows differ from those of other nodes. */
import type { Family } from '../address-set.ts';
import type { NodeFacts } from '../node-facts.ts';
import { type NodePortPlace, nodePortPlacesOf } from './node-ports.ts';
import type { PortEndpoint } from './service-port.ts';
import {
  type Detector,
  detectorOf,
  enteringTraffic,
  nodeTraffic,
  strangerTraffic,
  type Traffic,
} from './traffic.ts';

/** Site is one node, for one family. */
export interface Site {
  readonly family: Family;
  readonly mode: NodeFacts['mode'];
  readonly name: string;
  readonly zone?: string;
  /** known is whether kube-proxy tells its configuration. */
  readonly known: boolean;
  readonly detector: Detector;
  readonly masqueradeAll: boolean;
  readonly primary?: string;
  readonly host: ReadonlySet<string>;
  /** isHere tells whether an endpoint is on this node, as its set of hairpin connections has it. */
  readonly isHere: (endpoint: PortEndpoint) => boolean;
  readonly entering: Traffic;
  /** fromPods is there only where rules ask for interfaces. */
  readonly fromPods?: Traffic;
  readonly fromNode: Traffic;
  readonly places: readonly { readonly place: NodePortPlace; readonly fromNode: Traffic }[];
}

/** siteOf is a node's. */
export function siteOf(facts: NodeFacts, family: Family, isHere: (endpoint: PortEndpoint) => boolean): Site {
  const detector = detectorOf(facts, family);
  const known = facts.config !== undefined;
  const primary = facts.primary[family];
  return {
    family,
    mode: facts.mode,
    name: facts.name,
    ...(facts.zone === undefined ? {} : { zone: facts.zone }),
    known,
    detector,
    masqueradeAll: facts.config?.masqueradeAll ?? false,
    ...(primary === undefined ? {} : { primary }),
    host: facts.host,
    isHere,
    entering: known ? enteringTraffic(family, detector) : strangerTraffic(family),
    ...(detector.kind === 'interface' ? { fromPods: enteringTraffic(family, detector, 'fromPods') } : {}),
    fromNode: nodeTraffic(family, detector, primary),
    places: nodePortPlacesOf(facts, family).map((place) => ({
      place,
      fromNode: nodeTraffic(family, detector, place.address),
    })),
  };
}
