/** Why a node takes no part in a run: the documented set of reasons in `status.plan.skipped`. */

/** SkippedReasonText documents a reason. */
export interface SkippedReasonText {
  /** means is a sentence: what is the case. */
  readonly means: string;
  /** remedy is a sentence: what to do, if anything. */
  readonly remedy: string;
}

/** skippedReasons is the closed set, by name. */
export const skippedReasons = {
  NodeNotReady: {
    means:
      'The node is not Ready, or, for checks of the node itself, its kubelet has stopped renewing its Lease.',
    remedy: 'See `kubectl describe node`.',
  },
  NodeNew: {
    means: 'The node is brand-new, or its cloud or autoscaler has not set it up yet.',
    remedy: 'Nothing: the next run asks it.',
  },
  NodeDeleting: {
    means: 'The node is being deleted, or is marked to be taken away.',
    remedy: 'Nothing.',
  },
  NotLinux: { means: 'The node runs another system than Linux.', remedy: 'Nothing: it cannot be probed.' },
  VirtualNode: {
    means: 'The node is virtual: no kubelet of its own runs Pods there.',
    remedy: 'Nothing: it cannot be probed.',
  },
  NoResponderHere: {
    means:
      'The responder DaemonSet does not belong on the node, by its node selector or affinity or by the node’s taints.',
    remedy:
      'Change nodeSelector, affinity or tolerations of the DaemonSet netaudit-responder if the node should be asked.',
  },
  NoResponder: {
    means: 'The responder DaemonSet belongs on the node, and has no Pod with an address there.',
    remedy:
      'Look at the DaemonSet’s Pods: `kubectl -n netaudit get pods -o wide`. Pairs with the node are Unknown.',
  },
} as const satisfies Readonly<Record<string, SkippedReasonText>>;

/** SkippedReason is a name of the set. */
export type SkippedReason = keyof typeof skippedReasons;
