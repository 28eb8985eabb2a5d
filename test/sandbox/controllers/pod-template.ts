import type { KubeObject } from '../client.ts';
import { identity, type Pod, type PodTemplate } from '../kinds.ts';

/** podOf is the Pod that a controller makes from its template: owned, generated name, the template's labels. */
export function podOf(owner: KubeObject, template: PodTemplate, finalizers: string[] = []): Pod {
  const { namespace, name, uid } = identity(owner);
  const { apiVersion, kind } = owner;
  const { labels = {}, annotations } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels,
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: template.spec,
  };
}
