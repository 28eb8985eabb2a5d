/** The same five Jobs that were captured on a real cluster, run in the sandbox: what both say must be equal. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { KubeObject } from '../sandbox/client.ts';
import { EVENTS, JOBS, type Job, type JobStatus, NAMESPACES, PODS, type Pod } from '../sandbox/kinds.ts';
import { defaultImages, NETAUDIT_IMAGE, TOOLS_IMAGE } from '../sandbox/node/images.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { type Plain, plain } from './plain.ts';

const CAPTURES = new URL('../fixtures/jobs/', import.meta.url);
const skip = (await obstacle()) ?? false;

interface List {
  items: KubeObject[];
}

function capture<T>(file: string): T {
  const parsed: T = JSON.parse(readFileSync(new URL(file, CAPTURES), 'utf8'));
  return parsed;
}

/** The Job as it was applied: what the server has added since is in no manifest. */
function manifest(name: string): Job {
  const job = capture<Job>(`job-${name}.json`);
  const applied = job.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? '';
  const parsed: Job = JSON.parse(applied);
  return parsed;
}

function told(events: (KubeObject & Plain)[], job: string): string[] {
  const about = events.filter(({ involvedObject }) =>
    new RegExp(`^${job}(-|$)`).test(String(Object(involvedObject).name)),
  );
  const line = (event: KubeObject & Plain) => {
    const { kind, fieldPath, name } = Object(event.involvedObject);
    const pod = new RegExp(`\\b${job}-[a-z0-9]{5}\\b`, 'g');
    const message = String(event.message)
      .replace(pod, `${job}-x`)
      .replace(/ to n\d$/, ' to nX');
    const { component = '' } = Object(event.source);
    const spoken = [
      event.type,
      event.reason,
      kind,
      String(name).replace(pod, `${job}-x`),
      fieldPath ?? '',
      component,
    ];
    return [...spoken, event.reportingComponent, event.action ?? '', message].join(' | ');
  };
  return about.map(line).sort();
}

describe('Jobs that were captured on a real cluster', { skip }, () => {
  let sandbox: Sandbox;
  const statuses = new Map<string, JobStatus[]>();
  const finished = new Map<string, PromiseWithResolvers<void>>();
  const pending = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();

  before(async () => {
    const tools = defaultImages(process.execPath, '/').get(TOOLS_IMAGE);
    assert.ok(tools);
    sandbox = await startSandbox({ dns: false, images: new Map([['docker.io/lab/tools:1', tools]]) });
    const { client } = sandbox;
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'trial' } });
    for (const name of ['good', 'fails', 'late']) finished.set(name, Promise.withResolvers<void>());
    client.watch<Job>(JOBS, { namespace: 'trial' }, ({ object }) => {
      const { name = '' } = object.metadata;
      statuses.set(name, [...(statuses.get(name) ?? []), object.status ?? {}]);
      if (object.status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed'))
        finished.get(name)?.resolve();
    });
    client.watch<Pod>(PODS, { namespace: 'trial', labelSelector: 'job-name=noimage' }, ({ object }) => {
      if (object.status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImageNeverPull')
        pending.resolve();
    });
    client.watch<Pod>(PODS, { namespace: 'trial', labelSelector: 'job-name=late' }, ({ type }) => {
      if (type === 'DELETED') gone.resolve();
    });
    for (const name of ['good', 'fails', 'late', 'noimage', 'nowhere'])
      await client.create<Job>(JOBS, manifest(name));
    await Promise.all([...finished.values()].map(({ promise }) => promise));
    await Promise.all([pending.promise, gone.promise]);
  });

  after(() => sandbox?.stop());

  it('ran on nodes that have the image of these Jobs beside their own', () => {
    for (const { context } of sandbox.nodes.values()) {
      assert.deepEqual(context.images.names().sort(), ['docker.io/lab/tools:1', NETAUDIT_IMAGE, TOOLS_IMAGE]);
    }
  });

  for (const name of ['good', 'fails', 'late', 'noimage', 'nowhere']) {
    it(`${name}: the Job is the same`, async () => {
      const job = await sandbox.client.get<Job>(JOBS, 'trial', name);
      const { annotations: _a, ...metadata } = capture<Job>(`job-${name}.json`).metadata;
      assert.deepEqual(plain(job), plain({ ...capture<Job>(`job-${name}.json`), metadata }));
    });

    it(`${name}: its Pods are the same`, async () => {
      const labelSelector = `job-name=${name}`;
      const { items } = await sandbox.client.list<Pod>(PODS, { namespace: 'trial', labelSelector });
      assert.deepEqual(items.map(plain), capture<List>(`pods-of-${name}.json`).items.map(plain));
    });
  }

  for (const name of ['good', 'fails', 'late']) {
    it(`${name}: the Job's status goes through the same steps`, () => {
      const lines = readFileSync(new URL('watch-jobs.jsonl', CAPTURES), 'utf8').trim().split('\n');
      const captured = lines
        .map((line): { object: Job } => JSON.parse(line))
        .filter(({ object }) => object.metadata.name === name);
      // Whether a Pod that ends at once is ever seen ready is chance, on a real cluster too.
      const steps = (all: JobStatus[]) => {
        const lasting = all.filter(({ ready }) => ready !== 1).map((status) => JSON.stringify(plain(status)));
        return lasting.filter((step, i) => step !== lasting[i - 1]);
      };
      assert.deepEqual(
        steps(statuses.get(name) ?? []),
        steps(captured.map(({ object }) => object.status ?? {})),
      );
    });
  }

  it('the same is told in events', async () => {
    const { items } = await sandbox.client.list<KubeObject & Plain>(EVENTS, { namespace: 'trial' });
    const captured = capture<{ items: (KubeObject & Plain)[] }>('events.json').items;
    for (const name of ['good', 'fails', 'late', 'noimage', 'nowhere'])
      assert.deepEqual(told(items, name), told(captured, name));
  });
});
