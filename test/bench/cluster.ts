/** What a user waits for, and what it costs the API server, on clusters of our own. */
import type { NetworkAudit } from '../../src/api/v1alpha1/index.ts';
import { openSandbox, type SandboxCluster } from '../e2e/support/cluster.ts';
import { AUDITS, seen } from '../e2e/support/watching.ts';
import type { KubeObject, Resource } from '../sandbox/client.ts';
import { REAL_TIMES } from '../sandbox/controllers/start.ts';
import { JOBS } from '../sandbox/kinds.ts';
import type { SandboxOptions } from '../sandbox/sandbox.ts';
import type { Figure, Section } from './figures.ts';
import { measureRealCluster } from './real-cluster.ts';
import { auditOf, bareJob, type Check, timeFigures, timesOf } from './times.ts';

/**
 * measureCluster takes the median of several audits and Jobs on three nodes, and counts requests on six. With KUBECONFIG
 * it is the cluster of that, with as many nodes as it has, on which only times can be measured from without.
 */
export async function measureCluster(): Promise<readonly Section[]> {
  if (process.env.KUBECONFIG) return [await measureRealCluster()];
  return [
    await timesOn('with a Job controller that gathers changes for a second, as the real one does', {
      times: REAL_TIMES,
    }),
    await timesOn('with a Job controller that does not wait', {}),
    { title: 'What the operator costs on the sandbox', figures: await costFigures([3, 6]) },
  ];
}

/** timesOn is apart for both, since what a bare Job takes is up to the Job controller first. */
async function timesOn(how: string, options: SandboxOptions): Promise<Section> {
  const times = await withCluster({ ...options, nodes: 3 }, (cluster) =>
    timesOf({
      complete: (name) => toComplete(cluster, name),
      verdict: (name, checks) => toVerdict(cluster, name, checks),
    }),
  );
  return { title: `On the sandbox, three nodes, ${how}`, figures: timeFigures(times) };
}

async function withCluster<T>(
  options: SandboxOptions,
  measure: (cluster: SandboxCluster) => Promise<T>,
): Promise<T> {
  const cluster = await openSandbox(options);
  try {
    return await measure(cluster);
  } finally {
    await cluster.stop();
  }
}

async function costFigures(sizes: readonly number[]): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const nodes of sizes) {
    const note = `${nodes} nodes`;
    const [requests, memory] = await withCluster({ nodes }, async (cluster) => [
      await requestsForEachProbe(cluster),
      await operatorMemory(cluster),
    ]);
    figures.push(
      {
        what: 'API requests for each probe, of a run without findings',
        value: requests,
        unit: 'requests',
        note,
        atMost: 3,
      },
      { what: 'The operator’s memory', value: memory, unit: 'MB', note },
    );
  }
  return figures;
}

async function toComplete({ sandbox: { client } }: SandboxCluster, name: string): Promise<number> {
  return secondsUntil(client, JOBS, bareJob(name), (job) => conditionOf(job, 'Complete') === 'True');
}

async function toVerdict(
  { sandbox: { client } }: SandboxCluster,
  name: string,
  checks?: readonly Check[],
): Promise<number> {
  return secondsUntil(client, AUDITS, auditOf(name, checks), (found) => {
    const passed = conditionOf(found, 'Passed');
    if (passed === 'False') throw new Error('The audit found a fault where there is none');
    return passed === 'True';
  });
}

type Client = SandboxCluster['sandbox']['client'];

/** secondsUntil creates an object and measures until a watch shows it as wanted. */
async function secondsUntil(
  client: Client,
  resource: Resource,
  object: KubeObject,
  wanted: (seen: KubeObject) => boolean,
): Promise<number> {
  const { name, namespace } = object.metadata;
  const selector = { fieldSelector: `metadata.name=${name}`, ...(namespace !== undefined && { namespace }) };
  const began = performance.now();
  await client.create(resource, object);
  return new Promise((resolve, reject) => {
    const stop = client.watch(resource, selector, (event) => {
      try {
        if (!wanted(event.object)) return;
        resolve((performance.now() - began) / 1000);
        // A watch that ends in its first event would not have given back its end yet.
        setImmediate(() => stop());
      } catch (error) {
        reject(error);
      }
    });
  });
}

function conditionOf(object: KubeObject, type: string): string | undefined {
  const { status }: KubeObject & Pick<NetworkAudit, 'status'> = object;
  return status?.conditions?.find((condition) => condition.type === type)?.status;
}

/**
 * The operator's own account of what it asked, but for what it asks without any run: the Lease, and watches. It is the
 * second run of an audit that counts: after the first there is news to tell, an Event.
 */
async function requestsForEachProbe(cluster: SandboxCluster): Promise<number> {
  const { client } = cluster.sandbox;
  const noJobs = ['wait', '--for=delete', 'jobs', '--all', '--namespace=netaudit', '--timeout=30s'];
  await toVerdict(cluster, 'counted');
  await cluster.kubectl(noJobs);
  const before = await requestsOf(cluster);
  await client.patch(AUDITS, '', 'counted', { spec: { maxUnknownPercent: 11 } });
  const isOver = ({ status }: KubeObject & NetworkAudit) =>
    status?.lastRun?.name === 'counted-g2' && status.lastRun.completionTime !== undefined;
  await seen(client, AUDITS, 'counted', isOver);
  await cluster.kubectl(noJobs);
  return ((await requestsOf(cluster)) - before) / cluster.nodes.length;
}

async function requestsOf(cluster: SandboxCluster): Promise<number> {
  const lines = (await leaderMetrics(cluster)).filter((line) =>
    line.startsWith('netaudit_api_requests_total{'),
  );
  const counted = lines.filter((line) => !/resource="leases"|verb="watch"/.test(line));
  return counted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function operatorMemory(cluster: SandboxCluster): Promise<number> {
  const line = (await leaderMetrics(cluster)).find((each) =>
    each.startsWith('process_resident_memory_bytes '),
  );
  return Number(line?.split(' ').at(-1)) / 1e6;
}

async function leaderMetrics({ kubectl }: SandboxCluster): Promise<readonly string[]> {
  const names = await kubectl([
    ...['get', 'pods', '--namespace=netaudit', '--selector=app.kubernetes.io/component=operator'],
    '--output=name',
  ]);
  for (const name of names.trim().split('\n')) {
    const pod = name.replace('pod/', '');
    const path = `/api/v1/namespaces/netaudit/pods/${pod}:8080/proxy/metrics`;
    const lines = (await kubectl(['get', '--raw', path])).split('\n');
    if (lines.includes('leader_election_master_status{name="netaudit-operator"} 1')) return lines;
  }
  throw new Error('No replica leads');
}
