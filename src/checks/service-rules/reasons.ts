/** The reasons of ServiceRules' verdicts: the documented set, with what each means and what to do about it. */
import { probeReasons } from '../probe-reasons.ts';
import type { ReasonText } from '../reason-text.ts';

/** reasons is the closed set, by name. */
export const reasons = {
  AsExpected: {
    outcome: 'Passed',
    means: 'What the node does with packets to Services is what the API says, for every one of them.',
    remedy: 'Nothing.',
  },
  EndpointMissing: {
    outcome: 'Failed',
    means: 'Packets to a Service are not sent to an endpoint that it has, or leave the node untranslated.',
    remedy:
      'Compare `kubectl get endpointslices` with the rules that the message shows; restart kube-proxy on the node: it writes all rules anew. See its log for failed writes.',
  },
  EndpointStale: {
    outcome: 'Failed',
    means: 'Packets to a Service are sent to an endpoint that it no longer has.',
    remedy:
      'See whether kube-proxy on the node follows the API server (its log, `:10256/healthz`), and restart it.',
  },
  EndpointWrong: {
    outcome: 'Failed',
    means: 'Packets to a Service are sent to an address or port that is not the one of its endpoint.',
    remedy:
      'Restart kube-proxy on the node, and look for what else writes its chains: two kube-proxies, a rule that was restored from a file.',
  },
  ServiceMissing: {
    outcome: 'Failed',
    means: 'The node has no rules for an address and port of a Service.',
    remedy:
      'See whether kube-proxy on the node follows the API server, and restart it; a label service.kubernetes.io/service-proxy-name leaves a Service to another proxy.',
  },
  ServiceStale: {
    outcome: 'Failed',
    means: 'The node has rules for an address and port that no Service has.',
    remedy:
      'See whether kube-proxy on the node follows the API server, and restart it; rules of a proxy that no longer runs go with `kube-proxy --cleanup`.',
  },
  UnevenShares: {
    outcome: 'Failed',
    means: 'All endpoints are right, and some get more of the packets than others.',
    remedy:
      'Restart kube-proxy on the node; a rule was deleted, doubled, moved or changed in the chain that the message shows.',
  },
  RejectMissing: {
    outcome: 'Failed',
    means: 'Packets that must be refused or dropped, as nothing can answer them, go on.',
    remedy: 'Restart kube-proxy on the node, and see its log for failed writes.',
  },
  RejectStale: {
    outcome: 'Failed',
    means: 'Packets to a Service are refused or dropped by kube-proxy’s rules, although it has endpoints.',
    remedy: 'See whether kube-proxy on the node follows the API server, and restart it.',
  },
  NotMasqueraded: {
    outcome: 'Failed',
    means:
      'The source of packets to a Service is not replaced by the node’s where it must be: answers take another way back and are lost.',
    remedy:
      'Look at KUBE-POSTROUTING and KUBE-MARK-MASQ (nftables: the chain masquerading) and for rules before them; compare clusterCIDR of kube-proxy with the Pods’ range; restart kube-proxy on the node.',
  },
  WronglyMasqueraded: {
    outcome: 'Failed',
    means: 'The source of packets to a Service is replaced by the node’s where it must be kept.',
    remedy:
      'Look for another agent’s masquerade rule that takes traffic between Pods, and compare clusterCIDR of kube-proxy with the Pods’ range.',
  },
  AffinityWrong: {
    outcome: 'Failed',
    means: 'What the Service says of sessionAffinity, or its time, is not what the rules do.',
    remedy: 'Restart kube-proxy on the node; compare sessionAffinityConfig with the rules that are shown.',
  },
  SourceRangesWrong: {
    outcome: 'Failed',
    means: 'Other sources get through to a load balancer’s address than loadBalancerSourceRanges name.',
    remedy: 'Restart kube-proxy on the node; compare the ranges with the rules that are shown.',
  },
  NodePortMissing: {
    outcome: 'Failed',
    means: 'A node port of a Service does not work on an address of the node on which it must.',
    remedy:
      'Restart kube-proxy on the node; compare nodePortAddresses of its configuration with the addresses of the node.',
  },
  NodePortStale: {
    outcome: 'Failed',
    means: 'The node has rules for a node port that no Service has, or on an address on which it must not.',
    remedy:
      'See whether kube-proxy on the node follows the API server and has the configuration that is meant, and restart it.',
  },
  PacketsTaken: {
    outcome: 'Failed',
    means:
      'A rule that is not kube-proxy’s drops, refuses, redirects or untracks packets to a Service before they get where they must.',
    remedy: 'Remove the rule that the message shows, or let what it is for leave Services out.',
  },
  DispatchMissing: {
    outcome: 'Failed',
    means: 'A jump from a built-in chain to kube-proxy’s is gone: its rules are there and are not met.',
    remedy:
      'Restart kube-proxy on the node: only a full write brings jumps back. See what flushed the chain: a firewall’s reload, iptables-restore without --noflush.',
  },
  ProxyStopped: {
    outcome: 'Failed',
    means: 'The node has kube-proxy’s rules, and kube-proxy does not answer there: nothing follows changes.',
    remedy: 'Look at the Pod, or the service, of kube-proxy on the node and at its log.',
  },
  ProxyLagging: {
    outcome: 'Failed',
    means: 'Changes have been waiting for kube-proxy to write them for longer than maxLagSeconds.',
    remedy:
      'Read the log of kube-proxy on the node: failed writes, a lock on the tables that another holds, too little CPU.',
  },
  RuleNotUnderstood: {
    outcome: 'Unknown',
    means: 'What becomes of packets to a Service hangs on a rule that is not understood.',
    remedy: 'Look at the rule that the message shows: it decides before kube-proxy’s rules do.',
  },
  FilteredByOthers: {
    outcome: 'Unknown',
    means:
      'The endpoints are chosen rightly; whether packets then get through to them, and with which source, hangs on rules of another agent that are not understood.',
    remedy: 'Nothing where these are network policies: PodToPod and DNS ask with real packets.',
  },
  RulesUnreadable: {
    outcome: 'Unknown',
    means: 'The rules of the node could not be read, which is not the same as none.',
    remedy:
      'Read the message: the capability NET_ADMIN was refused, a module is missing, or a table is one that the tool cannot show.',
  },
  RowsNotRead: {
    outcome: 'Unknown',
    means: 'The rules of the node differ from what the API says, and which ones could not be read.',
    remedy:
      'Give the operator the right to read logs of Pods in its namespace (pods/log), and see whether the kubelet of the node answers the API server.',
  },
  ...probeReasons,
  PodRefused: {
    outcome: 'Unknown',
    means: "The API server or the kubelet refused the probe's Pod.",
    remedy:
      'Read the message: the namespace of the probes must allow host-network Pods (Pod Security: privileged); quota, an admission webhook.',
  },
  SettlingTooLong: {
    outcome: 'Unknown',
    means: 'What is compared has been changing for a quarter of an hour without a quiet moment.',
    remedy:
      'See what makes the endpoints of the Service come and go: readiness probes that flap, crash loops.',
  },
  Settling: {
    outcome: 'Skipped',
    means:
      'What differs changed within the settle window: the old and the new rules are both right so shortly after.',
    remedy: 'Nothing: the next run asks again.',
  },
  NodeGone: {
    outcome: 'Skipped',
    means: 'The node was deleted, drained or became NotReady while the run went on.',
    remedy: 'Nothing.',
  },
  NoKubeProxy: {
    outcome: 'Skipped',
    means: 'The node has no rules of kube-proxy and none runs there: something else serves Services.',
    remedy: 'Nothing where this is meant (Cilium, Calico’s eBPF, kube-router); else install kube-proxy.',
  },
  ModeNotAudited: {
    outcome: 'Skipped',
    means: 'kube-proxy on the node is in a mode whose rules are not read: IPVS.',
    remedy: 'Nothing. IPVS is deprecated in Kubernetes: go over to nftables.',
  },
  ConfigUnknown: {
    outcome: 'Skipped',
    means:
      'kube-proxy does not tell its configuration, so masquerading and node ports on other addresses were left out; all else was judged.',
    remedy:
      'Let kube-proxy’s metricsBindAddress be 127.0.0.1:10249 (the default) where this should be audited.',
  },
  BothBackends: {
    outcome: 'Warning',
    means: 'Rules of kube-proxy are in more than one back end of the node, and packets meet all of them.',
    remedy:
      'Leftovers of another mode or of another iptables: remove them with `kube-proxy --cleanup`, or restart the node.',
  },
  ModesDiffer: {
    outcome: 'Warning',
    means: 'kube-proxy is not in the same mode on all nodes of the run.',
    remedy: 'Nothing while nodes go over one by one; else compare the configurations.',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/** Reason is one of the documented reasons. */
export type Reason = keyof typeof reasons;
