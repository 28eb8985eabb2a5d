/** What a user waits for, on a cluster of its own: from apply to verdict, against one bare Job with the same image. */

import { group, kinds, version } from '../../src/api/names.ts';
import type { NetworkAudit } from '../../src/api/v1alpha1/index.ts';
import { openSandbox, type SandboxCluster } from '../e2e/support/cluster.ts';
import { AUDITS, seen } from '../e2e/support/watching.ts';
import type { KubeObject, Resource } from '../sandbox/client.ts';
import { type Figure, median, type Section } from './figures.ts';

const repetitions = 7;
const jobs: Resource = { group: 'batch', version: 'v1', plural: 'jobs' };

/** measureCluster takes the median of several audits and Jobs on three nodes, and counts requests on six. */
export async function measureCluster(): Promise<Section> {
  const three = await withCluster(3, async (cluster) => {
    await toVerdict(cluster, 'warm');
    const bare: number[] = [];
    const three: number[] = [];
    const verdicts: number[] = [];
    for (let index = 0; index < repetitions; index += 1) {
      bare.push(await toComplete(cluster, `bare-${index}`));
      const names = ['a', 'b', 'c'].map((name) => `bare-${index}-${name}`);
      three.push(Math.max(...(await Promise.all(names.map((name) => toComplete(cluster, name))))));
      verdicts.push(await toVerdict(cluster, `audit-${index}`));
    }
    const memory = await operatorMemory(cluster);
    return { bare: median(bare), three: median(three), verdict: median(verdicts), memory };
  });
  const requests = await requestFigures([3, 6]);
  return {
    title: 'On the sandbox',
    figures: [
      { what: 'One bare Job, from create to Complete', value: three.bare, unit: 's' },
      { what: 'Three bare Jobs at once, until the last is Complete', value: three.three, unit: 's' },
      { what: 'An audit, from apply to verdict', value: three.verdict, unit: 's', note: 'three nodes' },
      { what: 'The audit to one bare Job', value: three.verdict / three.bare, unit: 'times', atMost: 1.5 },
      { what: 'The audit to three bare Jobs', value: three.verdict / three.three, unit: 'times' },
      { what: 'The audit beyond one bare Job', value: three.verdict - three.bare, unit: 's' },
      { what: 'The operator’s memory', value: three.memory, unit: 'MB', note: 'three nodes' },
      ...requests,
    ],
  };
}

async function withCluster<T>(nodes: number, measure: (cluster: SandboxCluster) => Promise<T>): Promise<T> {
  const cluster = await openSandbox({ nodes });
  try {
    return await measure(cluster);
  } finally {
    await cluster.stop();
  }
}

async function requestFigures(sizes: readonly number[]): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const nodes of sizes) {
    const value = await withCluster(nodes, requestsForEachProbe);
    figures.push({
      what: 'API requests for each probe, of a run without findings',
      value,
      unit: 'requests',
      note: `${nodes} nodes`,
      atMost: 3,
    });
  }
  return figures;
}

async function toComplete({ sandbox: { client } }: SandboxCluster, name: string): Promise<number> {
  const command = ['/usr/local/bin/node', '--eval', ''];
  const containers = [{ name: 'bare', image: 'ghcr.io/netaudit/netaudit:dev', command }];
  const template = { spec: { restartPolicy: 'Never', containers } };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { template },
  };
  return secondsUntil(client, jobs, job, (seen) => conditionOf(seen, 'Complete') === 'True');
}

async function toVerdict({ sandbox: { client } }: SandboxCluster, name: string): Promise<number> {
  const audit = { apiVersion: `${group}/${version}`, kind: kinds.audit.kind, metadata: { name }, spec: {} };
  return secondsUntil(client, AUDITS, audit, (found) => {
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
