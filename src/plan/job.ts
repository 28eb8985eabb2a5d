/** The Job that probes from one node at one place: pinned, unprivileged as far as its place allows, and bounded. */

import { apiVersion, jobName, kinds, labels, labelValue, objects, productLabels } from '../api/names.ts';
import type { NetworkAuditRun } from '../api/v1alpha1/index.ts';
import type { Place } from '../checks/check.ts';
import { questionVariable } from '../checks/question.ts';
import type { JobManifest } from './actions.ts';
import type { Settings } from './settings.ts';
import { secondsBetween } from './time.ts';

/** probeContainer is the name of the only container of a probe's Pod. */
export const probeContainer = 'probe';

/** JobInput is what makes one Job differ from the next. */
export interface JobInput {
  readonly run: NetworkAuditRun;
  readonly node: string;
  readonly place: Place;
  /** question is the encoded question. */
  readonly question: string;
  /** deadlineTime is the run's. */
  readonly deadlineTime: string;
}

/**
 * podSlackSeconds is how long after the run's end the kubelet stops a Pod, should nobody have deleted it. Not before:
 * of a Pod that it stops, the kubelet forgets why its container had not started.
 */
const podSlackSeconds = 30;
/** jobSlackSeconds is the same for the Job controller. */
const jobSlackSeconds = 60;

/** namespaceOf is where the probes of a place run. */
export function namespaceOf(place: Place, settings: Settings): string {
  return place === 'pod' ? settings.podNamespace : settings.nodeNamespace;
}

/** probeJob makes the manifest. Its name is the same for the same run, place and node. */
export function probeJob(input: JobInput, now: Date, settings: Settings): JobManifest {
  const { run, node, place, deadlineTime } = input;
  const left = Math.max(1, Math.ceil(secondsBetween(now, new Date(deadlineTime))));
  const ours = probeLabels(input);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(run.metadata, place, node),
      namespace: namespaceOf(place, settings),
      labels: ours,
      ownerReferences: [
        {
          apiVersion,
          kind: kinds.run.kind,
          name: run.metadata.name,
          uid: run.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      // A Job past its deadline deletes its Pod, and the answer with it: that must come after the run has read it.
      activeDeadlineSeconds: left + jobSlackSeconds,
      ttlSecondsAfterFinished: settings.jobTtlSeconds,
      template: {
        metadata: { labels: { ...ours, ...meshLabels }, annotations: podAnnotations },
        spec: podSpec(input, left, settings),
      },
    },
  };
}

/** probeLabels are on the Job and on its Pod: what to select by, and for people. */
function probeLabels({ run, node, place }: JobInput): Readonly<Record<string, string>> {
  return {
    ...productLabels('probe'),
    [labels.managedBy]: objects.operator,
    [labels.audit]: labelValue(run.spec.auditName),
    [labels.run]: labelValue(run.metadata.name),
    [labels.runUid]: run.metadata.uid,
    [labels.place]: place,
    [labels.node]: labelValue(node),
  };
}

/** A proxy beside the probe would answer for the network. */
const meshLabels = { 'sidecar.istio.io/inject': 'false', 'kuma.io/sidecar-injection': 'disabled' } as const;

const podAnnotations = {
  'sidecar.istio.io/inject': 'false',
  'linkerd.io/inject': 'disabled',
  'kuma.io/sidecar-injection': 'disabled',
  // The cluster autoscaler must neither add a node for a probe nor keep one because of it.
  'cluster-autoscaler.kubernetes.io/daemonset-pod': 'true',
} as const;

function podSpec(input: JobInput, left: number, settings: Settings): Readonly<Record<string, unknown>> {
  const onNode = input.place === 'node';
  return {
    restartPolicy: 'Never',
    activeDeadlineSeconds: left + podSlackSeconds,
    terminationGracePeriodSeconds: 5,
    automountServiceAccountToken: false,
    serviceAccountName: settings.probeServiceAccountName,
    enableServiceLinks: false,
    dnsPolicy: onNode ? 'Default' : 'ClusterFirst',
    ...(settings.priorityClassName === '' ? {} : { priorityClassName: settings.priorityClassName }),
    ...(onNode ? { hostNetwork: true } : {}),
    tolerations: [{ operator: 'Exists' }],
    affinity: pinnedTo(input.node),
    securityContext: onNode ? nodePodSecurity : podPodSecurity,
    containers: [container(input, settings)],
  };
}

/** pinnedTo is how the DaemonSet controller pins: the scheduler still says why a Pod does not fit. */
function pinnedTo(node: string) {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
}

const podPodSecurity = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

const nodePodSecurity = { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } } as const;

/**
 * The rules of a node with 10,000 Services are tens of megabytes, and the tools need memory, too. Nearly all that is read
 * is kept: a young generation of Node's own size would only copy it in 100 MiB more. Both are in MiB.
 */
const memory = {
  pod: { options: ['--max-old-space-size=48'], limit: '192Mi' },
  node: { options: ['--max-old-space-size=384', '--max-semi-space-size=8'], limit: '512Mi' },
} as const;

function container({ place, question }: JobInput, settings: Settings) {
  const onNode = place === 'node';
  return {
    name: probeContainer,
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    command: ['/usr/local/bin/node', ...memory[place].options, '/app/probe.cjs'],
    env: [
      { name: 'POD_IPS', valueFrom: { fieldRef: { fieldPath: 'status.podIPs' } } },
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
      { name: questionVariable, value: question },
    ],
    // No limit on CPU: a starved probe sees a slow network.
    resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: memory[place].limit } },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    securityContext: {
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: onNode ? { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] } : { drop: ['ALL'] },
    },
  };
}
