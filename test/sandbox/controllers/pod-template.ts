import type { KubeObject } from '../client.ts';
import { identity, type Pod, type PodTemplate } from '../kinds.ts';

/** podOf is the Pod that a controller makes from its template: owned, generated name, the template's labels. */
export function podOf(owner: KubeObject, template: PodTemplate, extra: { finalizers?: string[] } = {}): Pod {
  const { namespace, name, uid } = identity(owner);
  const { labels = {}, annotations } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      // A name that is too long for its random end is cut, as the API server would.
      generateName: `${name.slice(0, 57)}-`,
      namespace,
      labels,
      ...(annotations === undefined ? {} : { annotations }),
      ...extra,
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          kind: owner.kind,
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: template.spec,
  };
}
