/** The reasons of PodToPod's verdicts: the documented set, with what each means and what to do about it. */
import { probeReasons } from '../probe-reasons.ts';
import type { ReasonText } from '../reason-text.ts';

/** reasons is the closed set, by name. */
export const reasons = {
  AsExpected: {
    outcome: 'Passed',
    means: 'The Pod was reached at its own address, and saw the address and port that asked it.',
    remedy: 'Nothing.',
  },
  AddressTranslated: {
    outcome: 'Failed',
    means:
      'The Pod saw another address than the one that asked it: the packets were translated on their way.',
    remedy:
      'Look on the asking node for a masquerade rule that takes traffic between Pods: the CNI plugin’s cluster CIDR, ipMasq, ip-masq-agent’s nonMasqueradeCIDRs.',
  },
  PortTranslated: {
    outcome: 'Failed',
    means: 'The Pod saw the right address with another port: the port was translated on the way.',
    remedy: 'Look on the asking node for a masquerade or SNAT rule with a port range or random ports.',
  },
  DestinationTranslated: {
    outcome: 'Failed',
    means: 'What was sent to one Pod’s address arrived at another address.',
    remedy: 'Look on the asking and the answering node for a DNAT rule that matches the Pod’s address.',
  },
  WrongResponder: {
    outcome: 'Failed',
    means: 'Another Pod than the one that has the address by the API answered.',
    remedy:
      'Look for two Pods with one address (the IPAM plugin’s leases on both nodes), a stale route or ARP entry, or a proxy in the path.',
  },
  AddressMismatch: {
    outcome: 'Failed',
    means: 'The Pod asks from another address than the API gives as its own.',
    remedy:
      'Compare the Pod’s status.podIPs with `ip address` and `ip route get` in its network namespace: second interfaces, policy routing, a CNI plugin that reports another address than it set.',
  },
  Unreachable: {
    outcome: 'Failed',
    means: 'No question was answered, although the Pod that should answer is ready.',
    remedy:
      'Look for the route to the peer’s Pod range on both nodes, for firewalls between the nodes (the CNI plugin’s tunnel port), and for drop rules.',
  },
  OneWay: {
    outcome: 'Failed',
    means: 'The questions arrived at the Pod, and none of its answers came back.',
    remedy:
      'Look at the way back: the route to the asking node’s Pod range on the answering node, rp_filter, and drop rules.',
  },
  LargePacketsLost: {
    outcome: 'Failed',
    means: 'Small packets get through, and packets as large as the interface allows are lost without a word.',
    remedy:
      'The MTU of the Pods’ interfaces is larger than the path takes: lower it in the CNI plugin by the overhead of the tunnel, or let ICMP “fragmentation needed” through.',
  },
  DatagramsLost: {
    outcome: 'Failed',
    means: 'Of datagrams in a row so many were lost, twice, that it is not chance.',
    remedy:
      'Look for errors and drops on the interfaces of both nodes, full conntrack tables and overloaded nodes.',
  },
  TooSlow: {
    outcome: 'Failed',
    means: 'The median round trip took longer than maxRoundTripMilliseconds.',
    remedy: 'Look at the load of both nodes and at the path between them, or set another limit.',
  },
  ...probeReasons,
  PodMutated: {
    outcome: 'Unknown',
    means: 'Something added containers to the probe’s or the responder’s Pod, which may carry its traffic.',
    remedy: 'Exclude the namespace netaudit from the injection of sidecars.',
  },
  NoResponder: {
    outcome: 'Unknown',
    means: 'Nothing answered, and the Pod that should have answered is not ready.',
    remedy: 'Look at the responder’s Pod on the peer: `kubectl -n netaudit describe pod`.',
  },
  BlockedByPolicy: {
    outcome: 'Unknown',
    means: 'Nothing answered, and a NetworkPolicy that is not the product’s own denies this traffic.',
    remedy: 'Let TCP and UDP 9100 between the Pods of the namespace netaudit through in that policy.',
  },
  NoAddress: {
    outcome: 'Unknown',
    means: 'The probe’s Pod has no address of a family that the responder on its node has.',
    remedy: 'Compare status.podIPs of the Pods on that node: the pool of that family may be used up.',
  },
  ProbeFailed: {
    outcome: 'Unknown',
    means: 'The probe’s own kernel refused it a socket.',
    remedy: 'Look at the limits and the memory of the node and of the probe’s Pod.',
  },
  NodeGone: {
    outcome: 'Skipped',
    means: 'A node at one end went away, was drained or became NotReady while the run went on.',
    remedy: 'Nothing: the next run asks the nodes that there are.',
  },
  Settling: {
    outcome: 'Skipped',
    means:
      'The Pod that should have answered changed, or it or a node at one end became Ready, while the run went on or just before it.',
    remedy: 'Nothing: the next run asks again.',
  },
  FragmentsLost: {
    outcome: 'Warning',
    means: 'Datagrams that travel in fragments are lost; all that fits into one packet gets through.',
    remedy: 'Look for firewalls that drop fragments; large DNS answers over UDP are what suffers first.',
  },
  TranslatedOnce: {
    outcome: 'Warning',
    means: 'One of several flows was translated or answered by another; asked again, it did not happen.',
    remedy: 'If it comes back, look for rules that are written anew at that moment.',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/** Reason is a name of the set. */
export type Reason = keyof typeof reasons;
