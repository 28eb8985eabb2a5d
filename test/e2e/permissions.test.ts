/** The operator may do what it does, does what it may do, and nothing else: against RBAC as it is really enforced. */
import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import { permissions } from '../../src/cluster/permissions.ts';
import type { RequestEntry } from '../sandbox/api/request-log.ts';
import { dropOneWay } from '../sandbox/faults/network.ts';
import { defaultImages, type Image, NETAUDIT_IMAGE } from '../sandbox/node/images.ts';
import { applyAudit, askForRun, auditNamed, finished, runOnce } from './support/audits.ts';
import { openSandbox, type SandboxCluster } from './support/cluster.ts';
import { becomes } from './support/objects.ts';
import { leader, operate, operatorUser, shortLease } from './support/replicas.ts';
import { sound, toldBy } from './support/told.ts';

const onlySandbox =
  process.env.KUBECONFIG === undefined
    ? false
    : "It reads the API server's log, which only a sandbox lets it";

/** Rights that this scenario cannot need, and why the operator has them all the same. */
const explained: Readonly<Record<string, string>> = {
  'update netaudit.dev/networkaudits/finalizers':
    'Asked by the admission plugin OwnerReferencesPermissionEnforcement, in no request of its own',
  'update netaudit.dev/networkauditruns/finalizers': 'The same, for Jobs as dependents of runs',
  'get netaudit.dev/networkauditruns': 'Asked only when a run is there that the caches have not seen yet',
  'get batch/jobs in netaudit': 'The same, for Jobs',
  'list /events in netaudit':
    'Asked near the end of a run that has a Job without a Pod: could-not-tell.test.ts',
  ...Object.fromEntries(
    [
      'get batch/jobs',
      'create batch/jobs',
      'deletecollection batch/jobs',
      'get /pods/log',
      'list /events',
    ].map((right) => [`${right} in netaudit-node`, 'No kind of check probes from this namespace yet']),
  ),
  'list coordination.k8s.io/leases in kube-node-lease':
    'The same: only such a kind asks nodes that are not Ready',
};

const audit = 'permitted';
const talkative = 'registry.sandbox/talkative:1';
let cluster: SandboxCluster;
let folder: string;

/** talkativeImage is the product's image with a probe whose answers are long. */
async function talkativeImage(): Promise<Image> {
  const entryPoints = { probe: join(import.meta.dirname, 'support/talkative-probe.ts') };
  const outExtension = { '.js': '.cjs' };
  // The folder itself is its owner's alone, and probes are not root.
  const outdir = join(folder, 'app');
  await build({ entryPoints, outdir, outExtension, bundle: true, platform: 'node', format: 'cjs' });
  const image = defaultImages(await realpath(process.execPath), outdir).get(NETAUDIT_IMAGE);
  assert.ok(image);
  return image;
}

before(async () => {
  if (onlySandbox) return;
  folder = await mkdtemp(join(tmpdir(), 'netaudit-talkative-'));
  cluster = await openSandbox({ nodes: 2, images: new Map([[talkative, await talkativeImage()]]) });
  await operate(cluster, 2, { ...shortLease, NETAUDIT_IMAGE: talkative });
});

after(async () => {
  await cluster?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const wordsOf = ({ verb, group, resource, subresource, namespace }: Omit<RequestEntry, 'user'>) => {
  const path = `${group}/${resource}${subresource === '' ? '' : `/${subresource}`}`;
  return `${verb} ${path}${namespace === '' ? '' : ` in ${namespace}`}`;
};

const granted = permissions.flatMap(({ apiGroup, resources, verbs, namespace }) =>
  resources.flatMap((path) =>
    verbs.map((verb) => `${verb} ${apiGroup}/${path}${namespace === undefined ? '' : ` in ${namespace}`}`),
  ),
);

const askedByOperator = () =>
  cluster.sandbox.api.requestLog.entries.filter(({ user }) => user === operatorUser);

/** readyBecomes waits until the audit says so of itself. */
const readyBecomes = (reason: string) =>
  becomes(
    `Ready says ${reason}`,
    async () =>
      (await auditNamed(cluster, audit)).status?.conditions.find(({ type }) => type === 'Ready')?.reason,
    (is) => is === reason,
  );

/** live lets the operator do all that it does: runs, findings, news that repeat themselves, a new leader, an end. */
async function live(): Promise<void> {
  const quick = { name: 'pods', type: 'PodToPod', podToPod: { timeoutMilliseconds: 300 } };
  const spec = { runsHistoryLimit: 1, checks: [quick] };
  await applyAudit(cluster, audit, spec);
  assert.deepEqual(toldBy(await finished(cluster, `${audit}-g1`)), sound);

  const [from, to] = await Promise.all(['n1', 'n2'].map((node) => cluster.target(node)));
  assert.ok(from !== undefined && to !== undefined);
  const mend = await cluster.inject(dropOneWay(from, to));
  assert.equal(toldBy(await runOnce(cluster, audit)).outcome, 'Failed');
  await mend();
  assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);

  for (let time = 0; time < 2; time += 1) {
    await applyAudit(cluster, audit, { ...spec, nodes: { selector: { matchLabels: { nobody: 'has-it' } } } });
    await readyBecomes('NoEligibleNodes');
    await applyAudit(cluster, audit, spec);
    await readyBecomes('UpToDate');
  }

  const former = await leader(cluster.sandbox);
  assert.ok(former !== undefined);
  await cluster.kubectl(['delete', 'pod', '--namespace=netaudit', former]);
  assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);

  const last = await askForRun(cluster, audit);
  await cluster.kubectl(['delete', 'networkaudit', audit]);
  await cluster.kubectl(['wait', '--for=delete', `networkauditrun/${last}`, '--timeout=30s']);
}

describe('what the operator asks of the API server', { skip: onlySandbox }, () => {
  it('is never forbidden, and is all that it may ask, but for what is explained', async () => {
    await live();
    const asked = askedByOperator();
    const forbidden = asked.filter(({ code }) => code === 403).map(wordsOf);
    assert.deepEqual(forbidden, []);
    const used = new Set(asked.map(wordsOf));
    const unused = granted.filter((right) => !used.has(right) && !(right in explained));
    assert.deepEqual(unused, []);
    assert.deepEqual(
      [...used].filter((right) => !granted.includes(right)),
      [],
    );
  });

  it('is explained only where it is granted', () => {
    assert.deepEqual(
      Object.keys(explained).filter((right) => !granted.includes(right)),
      [],
    );
  });
});
