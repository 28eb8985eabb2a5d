import { type Deployment, identity, type ReplicaSet } from '../kinds.ts';
import { templateHash } from './template-hash.ts';

/** REVISION is the annotation that numbers a Deployment's ReplicaSets. */
export const REVISION = 'deployment.kubernetes.io/revision';

/** revisionOf is a ReplicaSet's number; 0 when it has none. */
export function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0);
}

/** newReplicaSet is the ReplicaSet for a Deployment's present template, without Pods yet. Pure. */
export function newReplicaSet(deployment: Deployment, revision: number): ReplicaSet {
  const { namespace, name, uid } = identity(deployment);
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template);
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { [REVISION]: `${revision}` },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, 'pod-template-hash': hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
