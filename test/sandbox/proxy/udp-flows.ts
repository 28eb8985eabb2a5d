/** UDP flows that outlive their endpoint: the kernel would send them there for ever (pkg/proxy/conntrack). Pure. */
import type { ServicePort } from './service-ports.ts';

/** udpFlows are the flows that a set of ports may lead to endpoints, each as arguments of `conntrack -D`. */
export function udpFlows(ports: readonly ServicePort[]): Map<string, string[]> {
  const flows = new Map<string, string[]>();
  for (const { protocol, clusterIP, externalIPs, loadBalancerIPs, port, nodePort, endpoints } of ports) {
    if (protocol !== 'udp') continue;
    const fronts = [clusterIP, ...externalIPs, ...loadBalancerIPs].map((ip) => [
      '--orig-dst',
      ip,
      '--orig-port-dst',
      `${port}`,
    ]);
    if (nodePort !== 0) fronts.push(['--orig-port-dst', `${nodePort}`]);
    const usable = endpoints.filter(({ ready, serving, terminating }) => ready || (serving && terminating));
    for (const { address } of usable) {
      for (const front of fronts) {
        const flow = [...front, '--dst-nat', address];
        flows.set(flow.join(' '), flow);
      }
    }
  }
  return flows;
}

/** endedFlows are those of before that lead nowhere now. */
export function endedFlows(before: readonly ServicePort[], now: readonly ServicePort[]): string[][] {
  const left = udpFlows(now);
  return [...udpFlows(before)].filter(([key]) => !left.has(key)).map(([, flow]) => flow);
}
