/** The reasons that checks of every kind have in common: why nothing is known of what a probe was asked. */
import type { ReasonText } from './reason-text.ts';

/** probeReasons are those of `Report`s without an answer, and of answers that are none. A kind may word one its own way. */
export const probeReasons = {
  NoReport: {
    outcome: 'Unknown',
    means: 'The probe ended, or the run did, before this question was answered.',
    remedy:
      'Look at the probe’s Job and Pod on the node, and give the run more time (spec.runTimeoutSeconds).',
  },
  ProbeNotScheduled: {
    outcome: 'Unknown',
    means: 'The probe’s Pod was not placed on the node, or did not start there in time.',
    remedy: 'The message is the scheduler’s or the kubelet’s own: resources, taints, the network plugin.',
  },
  PodRefused: {
    outcome: 'Unknown',
    means: 'The API server or the kubelet refused the probe’s Pod.',
    remedy: 'Look at the quota, the Pod Security level and the admission webhooks of the namespace.',
  },
  ImageNotPulled: {
    outcome: 'Unknown',
    means: 'The node could not get the probe’s image.',
    remedy: 'Look at the operator’s --image, at pull secrets, and at the node’s access to the registry.',
  },
  PodMutated: {
    outcome: 'Unknown',
    means: 'Something added containers to the probe’s Pod, which may carry its traffic.',
    remedy: 'Exclude the namespaces of netaudit from the injection of sidecars.',
  },
  EvidenceBroken: {
    outcome: 'Unknown',
    means: 'What the probe left behind is not the evidence that was asked for, or is not complete.',
    remedy: 'Look at the probe’s Pod: its termination message and log; the image may be of another version.',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;
