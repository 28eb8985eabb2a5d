/** Waiting for objects by a watch of the sandbox's own, so that no poll and no kubectl takes part in what is measured. */
import { group, kinds, version } from '../../../src/api/names.ts';
import type { Client, KubeObject, Resource } from '../../sandbox/client.ts';

/** AUDITS and RUNS name our kinds as the sandbox's clients do. */
export const AUDITS: Resource = { group, version, plural: kinds.audit.plural };
export const RUNS: Resource = { group, version, plural: kinds.run.plural };

/** seen resolves to a cluster-scoped object once it is as wanted. */
export function seen<T extends KubeObject>(
  client: Client,
  resource: Resource,
  name: string,
  wanted: (object: T) => boolean,
  seconds = 30,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let last: T | undefined;
    let over = false;
    const end = (settle: () => void) => {
      over = true;
      clearTimeout(timer);
      // A watch that ends in its first event would not have given back its end yet.
      setImmediate(() => stop());
      settle();
    };
    const late = () =>
      reject(new Error(`Not within ${seconds} s: ${resource.plural} ${name} is ${JSON.stringify(last)}`));
    const timer = setTimeout(() => end(late), seconds * 1000);
    const stop = client.watch<T>(resource, { fieldSelector: `metadata.name=${name}` }, ({ type, object }) => {
      last = object;
      if (!over && type !== 'DELETED' && wanted(object)) end(() => resolve(object));
    });
  });
}
