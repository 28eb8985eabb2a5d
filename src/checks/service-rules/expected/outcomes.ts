/** What must become of packets to a Service port: the meaning of the rules that kube-proxy writes, not their text. */
import { type AddressSet, complement, emptySet, intersection, isEmpty, union } from '../address-set.ts';
import type { Outcome } from '../entry.ts';
import type { EndpointChoice } from './endpoint-choice.ts';
import type { PortEndpoint, ServicePort } from './service-port.ts';
import type { Site } from './site.ts';
import type { Traffic } from './traffic.ts';

/** internalOutcomes are those of packets to the ClusterIP. */
export function internalOutcomes(
  port: ServicePort,
  choice: EndpointChoice,
  site: Site,
  traffic: Traffic,
): readonly Outcome[] {
  const endpoints = port.internalLocal ? choice.local : choice.cluster;
  if (endpoints.length === 0) return [refused(choice.usable ? 'Drop' : 'Reject', traffic.all)];
  return endpoints.map((endpoint) => internalOutcome(port, site, traffic, endpoint, site.isHere(endpoint)));
}

/** internalOutcome is that of one endpoint which is here, or is not. */
export function internalOutcome(
  port: ServicePort,
  site: Site,
  traffic: Traffic,
  endpoint: PortEndpoint,
  here: boolean,
): Outcome {
  const strangers = site.detector.kind === 'none' ? emptySet(port.family) : traffic.others;
  const masked = site.masqueradeAll ? traffic.all : strangers;
  const masqueraded = union(masked, hairpin(site, traffic, endpoint, here));
  return sent(port, site, traffic, endpoint, traffic.all, masqueraded);
}

/** externalOutcomes are those of packets to an address from outside, or to a node port where it works. */
export function externalOutcomes(
  port: ServicePort,
  choice: EndpointChoice,
  site: Site,
  traffic: Traffic,
  { ranges, refuses }: { readonly ranges?: AddressSet; readonly refuses: boolean },
): readonly Outcome[] {
  const { all } = traffic;
  // iptables mode writes its firewall only where there are endpoints.
  const walled = ranges !== undefined && (choice.usable || site.mode === 'nftables');
  const allowed = walled ? traffic.within(ranges) : all;
  const kept = complement(allowed);
  if (!choice.usable) {
    return present([refused('Drop', kept), ...(refuses ? [refused('Reject', allowed)] : [])]);
  }
  if (!port.externalLocal) {
    const outcomes = choice.cluster.map((endpoint) => sent(port, site, traffic, endpoint, allowed, allowed));
    return present([...outcomes, refused('Drop', kept)]);
  }
  return localOutcomes(port, choice, site, traffic, allowed);
}

/** Under the policy Local, Pods and the node itself still go to all endpoints; the rest goes to those of this node. */
function localOutcomes(
  port: ServicePort,
  { cluster, local }: EndpointChoice,
  site: Site,
  traffic: Traffic,
  allowed: AddressSet,
): readonly Outcome[] {
  const own = traffic.origin === 'node';
  const direct = intersection(own ? traffic.all : traffic.pods, allowed);
  const rest = intersection(own ? emptySet(port.family) : traffic.others, allowed);
  const marked = own ? traffic.others : emptySet(port.family);
  const everywhere = new Set(cluster);
  const here = new Set(local);
  const outcomes = [...new Set([...cluster, ...local])].map((endpoint) => {
    const sources = union(
      everywhere.has(endpoint) ? direct : emptySet(port.family),
      here.has(endpoint) ? rest : emptySet(port.family),
    );
    const masqueraded = union(marked, hairpin(site, traffic, endpoint, site.isHere(endpoint)));
    return sent(port, site, traffic, endpoint, sources, intersection(masqueraded, sources));
  });
  const dropped = local.length === 0 ? complement(direct) : complement(allowed);
  return present([...outcomes, refused('Drop', dropped)]);
}

/** unservedOutcomes are those of a node port on an address where it does not work. */
export function unservedOutcomes(
  port: ServicePort,
  choice: EndpointChoice,
  site: Site,
  traffic: Traffic,
): readonly Outcome[] {
  // iptables mode refuses a port without endpoints on every address of the node, whatever nodePortAddresses says.
  if (site.mode === 'nftables') return [];
  if (!choice.usable) return [refused('Reject', traffic.all)];
  return port.externalLocal && choice.local.length === 0 ? [refused('Drop', traffic.all)] : [];
}

/** iptables mode marks what goes back to its sender for every endpoint, nftables mode only on the endpoint's own node. */
function hairpin(site: Site, traffic: Traffic, { ip }: PortEndpoint, here: boolean): AddressSet {
  return site.mode === 'iptables' || here ? traffic.own(ip) : emptySet(site.family);
}

function sent(
  { family, stickySeconds }: ServicePort,
  site: Site,
  { origin }: Traffic,
  { text, ip }: PortEndpoint,
  sources: AddressSet,
  masqueraded: AddressSet,
): Outcome {
  // What comes in and is for the node itself is delivered before any source could be replaced.
  const keeps = !site.known || (origin !== 'node' && site.host.has(ip));
  return {
    kind: 'Endpoint',
    endpoint: text,
    sources,
    masqueraded: keeps ? emptySet(family) : masqueraded,
    ...(stickySeconds === undefined ? {} : { stickySeconds }),
  };
}

function refused(kind: 'Reject' | 'Drop', sources: AddressSet): Outcome {
  return { kind, endpoint: '', sources, masqueraded: emptySet(sources.family) };
}

function present(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.some(({ sources }) => isEmpty(sources))
    ? outcomes.filter(({ sources }) => !isEmpty(sources))
    : outcomes;
}
