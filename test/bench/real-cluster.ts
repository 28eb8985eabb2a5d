/** The same on the cluster of KUBECONFIG, from without: by kubectl, which takes its time for both alike. */
import { type Cluster, openCluster } from '../e2e/support/cluster.ts';
import type { KubeObject } from '../sandbox/client.ts';
import type { Section } from './figures.ts';
import { auditOf, bareJob, timeFigures, timesOf } from './times.ts';

/** measureRealCluster needs the image loaded there. */
export async function measureRealCluster(): Promise<Section> {
  const cluster = await openCluster();
  const suffix = Date.now().toString(36);
  const times = await timesOf({
    complete: (name) => kubectlUntil(cluster, bareJob(`${name}-${suffix}`), 'Complete'),
    verdict: (name, checks) => kubectlUntil(cluster, auditOf(`${name}-${suffix}`, checks), 'Passed'),
  });
  return { title: `On a real cluster, ${cluster.nodes.length} nodes`, figures: timeFigures(times) };
}

/** kubectlUntil creates an object, waits for a condition and takes the object away again, as a person would. */
async function kubectlUntil({ kubectl }: Cluster, object: KubeObject, condition: string): Promise<number> {
  const input = JSON.stringify(object);
  const { name, namespace } = object.metadata;
  const where = [`${object.kind}/${name}`, ...(namespace === undefined ? [] : ['--namespace', namespace])];
  const began = performance.now();
  await kubectl(['create', '-f', '-'], { input });
  await kubectl(['wait', ...where, `--for=condition=${condition}`, '--timeout=60s']);
  const seconds = (performance.now() - began) / 1000;
  await kubectl(['delete', ...where]);
  return seconds;
}
