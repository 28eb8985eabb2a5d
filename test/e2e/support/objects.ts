/** Objects of all kinds as end-to-end tests handle them: through kubectl, as a user does. */
import type { Cluster } from './cluster.ts';

/** Manifest is an object to be applied. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** applied applies objects and resolves to what takes them away again. */
export async function applied(
  cluster: Cluster,
  ...objects: readonly Manifest[]
): Promise<() => Promise<void>> {
  // A stream of documents: kubectl 1.32 wants the OpenAPI of version 2 for a List.
  const input = objects.map((object) => JSON.stringify(object)).join('\n');
  await cluster.kubectl(['apply', '-f', '-'], { input });
  return async () => {
    await cluster.kubectl(['delete', '--ignore-not-found', '-f', '-'], { input });
  };
}

/** becomes asks again and again until the answer is the wanted one; it rejects with the last answer. */
export async function becomes<T>(
  what: string,
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  seconds = 30,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > end)
      throw new Error(`Not within ${seconds} s: ${what}, but ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
