import type { KubeObject } from '../client.ts';

/** controllerKey is the "namespace/name" of the owner of a kind that controls an object, or undefined. */
export function controllerKey({ metadata }: KubeObject, kind: string): string | undefined {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  return owner?.kind === kind ? `${metadata.namespace}/${owner.name}` : undefined;
}
