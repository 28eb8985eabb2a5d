/** The reasons of DNS's verdicts: the documented set, with what each means and what to do about it. */
import { probeReasons } from '../probe-reasons.ts';
import type { ReasonText } from '../reason-text.ts';

/** reasons is the closed set, by name. */
export const reasons = {
  AsExpected: {
    outcome: 'Passed',
    means: 'The name had the answer that it must have.',
    remedy: 'Nothing.',
  },
  WrongAnswer: {
    outcome: 'Failed',
    means: 'There was an answer, and it is not what the API, or the audit, says.',
    remedy:
      'Compare with `kubectl get service,endpointslices`; see whether the replica that answered is cut off from the API server (its log, /ready), and for `hosts`, `template`, `rewrite` and `cache` in the Corefile.',
  },
  NameNotFound: {
    outcome: 'Failed',
    means: 'The server said NXDOMAIN of a name that must exist.',
    remedy:
      'See whether the Service exists; then whether the DNS server follows the API: its log, and the `kubernetes` block of the Corefile for the domain of the cluster.',
  },
  ServerFailure: {
    outcome: 'Failed',
    means: 'The server said SERVFAIL, or sent what is no answer.',
    remedy:
      'Read the log of the DNS Pods: an upstream that cannot be reached, a zone that failed to load, a forward to itself.',
  },
  Refused: {
    outcome: 'Failed',
    means: 'The server said REFUSED.',
    remedy:
      'See whether a zone of the Corefile covers the name, for `acl`, and whether `max_concurrent` of `forward` is exceeded.',
  },
  NoAnswer: {
    outcome: 'Failed',
    means: 'The name exists and has no record of the type that was asked for.',
    remedy:
      'Compare the families of the Service with the type that is asked for, and the port names for SRV.',
  },
  TimedOut: {
    outcome: 'Failed',
    means: 'No server answered in time, and no other reason of this list explains why.',
    remedy:
      'See whether the DNS Pods run and are reached (PodToPod), and for a NetworkPolicy that keeps Pods from them.',
  },
  ResolvConfWrong: {
    outcome: 'Failed',
    means:
      "The Pod's resolv.conf does not name the DNS Service, or its search list or ndots are not those of the cluster domain.",
    remedy:
      "Compare clusterDNS, clusterDomain and resolvConf in the kubelet's configuration on the node with the DNS Service, and restart the kubelet; Pods keep the file that they were started with.",
  },
  ServicePathBroken: {
    outcome: 'Failed',
    means: 'From this node the endpoints of the DNS Service answer, and its ClusterIP does not.',
    remedy:
      'Look at kube-proxy (or what serves Services in its place) on the node: its log, whether it is up to date, and drop rules for the ClusterIP.',
  },
  EndpointDown: {
    outcome: 'Failed',
    means: 'A replica answers nothing to any node that asked it; the message says how many others answer.',
    remedy: 'Read the log of the Pod and delete it; see what makes it ready although it does not answer.',
  },
  EndpointUnreachable: {
    outcome: 'Failed',
    means: 'One replica does not answer this node, and answers others.',
    remedy: 'Look at the way from the node to the node of the replica: PodToPod of the same run says more.',
  },
  UDPOnlyBroken: {
    outcome: 'Failed',
    means: 'Questions over TCP are answered, and the same over UDP are not.',
    remedy:
      'Look for rules that drop UDP port 53, a full conntrack table, and a security group or NetworkPolicy that names TCP only.',
  },
  TCPOnlyBroken: {
    outcome: 'Failed',
    means: 'Questions over UDP are answered, and the same over TCP are not: large answers will be lost.',
    remedy:
      'Look for rules that drop TCP port 53, and a security group, NetworkPolicy or Service that names UDP only.',
  },
  SlowLookups: {
    outcome: 'Failed',
    means:
      'Answers come, and some take seconds: one of two questions that are asked at once from one socket is lost, an answer came after its time, or the median is over maxLatencyMilliseconds.',
    remedy:
      'Look at `conntrack -S` for insert_failed on the node (A and AAAA race for one entry: NodeLocal DNSCache avoids it), and at the load and upstreams of the DNS Pods.',
  },
  NoDNSService: {
    outcome: 'Failed',
    means:
      'No Service of the cluster is its DNS, and what the Pods of this node ask does not answer names of the cluster.',
    remedy:
      'Install the DNS add-on; where its Service has a name of its own, set --dns-service of the operator.',
  },
  NoDNSEndpoints: {
    outcome: 'Failed',
    means: 'The DNS Service has no endpoint that is ready.',
    remedy: 'See why the DNS Pods do not run or are not ready: `kubectl describe` and their log.',
  },
  ...probeReasons,
  BlockedByPolicy: {
    outcome: 'Unknown',
    means: 'Nothing answered, and a NetworkPolicy that is not the product’s own denies what probes send.',
    remedy:
      'Let UDP and TCP 53 from the Pods of the namespace netaudit to the DNS Pods through in that policy.',
  },
  NotAsked: {
    outcome: 'Unknown',
    means: 'There was no time left for this question.',
    remedy: 'Ask fewer lookups, raise spec.runTimeoutSeconds, or mend the servers that are silent.',
  },
  SettlingTooLong: {
    outcome: 'Unknown',
    means: 'What the name stands for has been changing for a quarter of an hour without a quiet moment.',
    remedy:
      'See what makes the endpoints of the Service come and go: readiness probes that flap, crash loops.',
  },
  Settling: {
    outcome: 'Skipped',
    means:
      'What the name stands for changed within the settle window: the old and the new answer are both right.',
    remedy: 'Nothing: the next run asks again.',
  },
  ExternalDNS: {
    outcome: 'Skipped',
    means: 'Pods of this node ask a resolver that is no Service of this cluster, and it answers as it must.',
    remedy: 'Nothing. Set --dns-service of the operator where it should be a Service.',
  },
  ServerSilent: {
    outcome: 'Skipped',
    means:
      'The server had been silent twice in this run and was not asked again; the questions before say what is wrong.',
    remedy: 'See the other findings about the same server.',
  },
  NodeGone: {
    outcome: 'Skipped',
    means: 'The node was deleted, drained or became NotReady while the run went on.',
    remedy: 'Nothing.',
  },
  ForwardsToItself: {
    outcome: 'Warning',
    means: "The DNS server's configuration forwards what it does not know to itself or to loopback.",
    remedy:
      'Forward to the resolver of the nodes: `resolvConf` of the kubelet, /run/systemd/resolve/resolv.conf.',
  },
  NoKubernetesBlock: {
    outcome: 'Warning',
    means: "The DNS server's configuration has no `kubernetes` block for the domain of the cluster.",
    remedy: 'Add it, or set --cluster-domain of the operator where the domain is another one.',
  },
  FallthroughWithoutZones: {
    outcome: 'Warning',
    means:
      'Names of the cluster that do not exist go on to other servers, since `fallthrough` names no zones.',
    remedy: 'Name the zones: `fallthrough in-addr.arpa ip6.arpa`.',
  },
  CorefileUnreadable: {
    outcome: 'Warning',
    means: "The DNS server's configuration has a line that cannot be understood.",
    remedy: 'Correct the line that the message shows; CoreDNS would not start with it either.',
  },
  ResolverDiffers: {
    outcome: 'Warning',
    means: 'Pods of this node ask another resolver than those of most nodes; its answers are right.',
    remedy: 'Compare clusterDNS in the kubelets’ configurations.',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/** Reason is one of the documented reasons. */
export type Reason = keyof typeof reasons;
