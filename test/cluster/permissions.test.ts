import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Applier } from '../../src/cluster/apply.ts';
import { createCaches } from '../../src/cluster/caches.ts';
import { Client } from '../../src/cluster/client.ts';
import { Connection } from '../../src/cluster/connection.ts';
import { Events } from '../../src/cluster/events.ts';
import { defaultEvidenceBounds, Evidence } from '../../src/cluster/evidence.ts';
import { KubeletLeases } from '../../src/cluster/kubelet-leases.ts';
import { Elector } from '../../src/cluster/lease.ts';
import { permissions } from '../../src/cluster/permissions.ts';
import { defaultReflectorOptions } from '../../src/cluster/reflector.ts';
import { Shell } from '../../src/cluster/shell.ts';
import type { CreateJob, CreateRun, EmitEvent } from '../../src/plan/actions.ts';
import { wordsOf } from '../support/api-server/authorize.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { createKeptLog } from '../support/kept-log.ts';
import { auditOf, metadataOf, runOf } from '../support/make-objects.ts';
import { until } from '../support/until.ts';

it('everything that the code calls is granted, and nothing else is', async () => {
  const server = await new ApiServer({ permissions }).listen();
  const { log, lines } = createKeptLog();
  const client = new Client(new Connection(() => server.kubeConfig()));
  const caches = createCaches({
    podNamespace: 'netaudit',
    nodeNamespace: 'netaudit-node',
  });
  const evidence = new Evidence(client, { ...defaultEvidenceBounds, askAgainMilliseconds: 0 });
  const events = new Events(client, { log, instance: 'pod-1' });
  const applier = new Applier({ client, caches, evidence, events, jobCap: 9, leads: () => true });
  server.objects.create('networkaudits.netaudit.dev', undefined, auditOf('cluster'));
  server.objects.create('networkauditruns.netaudit.dev', undefined, runOf('asked', 'cluster'));

  const shell = new Shell(client, caches, defaultReflectorOptions);
  await shell.start();
  await until('everything is watched', () => server.watches === caches.sources.length);

  const elector: Elector = new Elector({
    client,
    namespace: 'netaudit',
    name: 'netaudit-operator',
    identity: 'pod-1',
    log,
    leading: async () => elector.stop(),
  });
  await elector.run();
  await new KubeletLeases(client).renewTimes('planning');

  const audit = server.objects.get('networkaudits.netaudit.dev', undefined, 'cluster').metadata;
  const asked = server.objects.get('networkauditruns.netaudit.dev', undefined, 'asked').metadata;
  const owner = { controller: true, blockOwnerDeletion: true };
  const auditOwner = {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAudit',
    name: 'cluster',
    uid: audit.uid,
  };
  const createRun: CreateRun = {
    type: 'CreateRun',
    run: {
      apiVersion: 'netaudit.dev/v1alpha1',
      kind: 'NetworkAuditRun',
      metadata: { name: 'r', ownerReferences: [{ ...auditOwner, ...owner }] },
      spec: { auditName: 'cluster' },
    },
  };
  const made = () => server.objects.get('networkauditruns.netaudit.dev', undefined, 'r').metadata;
  const createJob = (namespace: string): CreateJob => ({
    type: 'CreateJob',
    job: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: 'j',
        namespace,
        labels: {},
        ownerReferences: [{ kind: 'NetworkAuditRun', name: 'r', uid: made().uid, ...owner }],
      },
      spec: {},
    },
  });
  const event: EmitEvent = {
    type: 'EmitEvent',
    about: { kind: 'NetworkAudit', name: 'cluster', uid: audit.uid },
    eventType: 'Normal',
    reason: 'NetworkSound',
    message: 'well',
    action: 'Judge',
  };
  const status = { observedGeneration: 1, conditions: [] };
  const { name, uid, resourceVersion } = asked;
  await applier.apply([
    createRun,
    createRun,
    { type: 'WriteRunStatus', name, uid, resourceVersion, status, adopt: { auditUid: audit.uid } },
    {
      type: 'WriteAuditStatus',
      name: 'cluster',
      uid: audit.uid,
      resourceVersion: audit.resourceVersion,
      status,
    },
    { type: 'DeleteRun', name, uid },
    event,
    event,
  ]);
  for (const namespace of ['netaudit', 'netaudit-node']) {
    server.objects.create('pods', namespace, { metadata: metadataOf('p') });
    server.logs.set(`${namespace}/p`, 'x');
    await applier.apply([
      createJob(namespace),
      createJob(namespace),
      { type: 'ReadLog', namespace, pod: 'p', podUid: `${namespace}-p`, keep: { length: 1 } },
      { type: 'ReadRefusal', namespace, job: 'j', jobUid: 'j' },
      { type: 'DeleteProbes', namespace, runUid: 'r-1' },
    ]);
  }
  shell.stop();
  await shell.stopped();
  client.close();
  await server.close();

  assert.deepEqual(
    lines.filter(({ level }) => level === 'warn' || level === 'error'),
    [],
  );
  assert.deepEqual([...server.used].sort(), [...wordsOf(permissions)].sort());
});

it('no permission reaches Pods, Jobs or Events of other namespaces', () => {
  const cluster = permissions.filter(({ namespace }) => namespace === undefined);
  assert.deepEqual(
    cluster.flatMap(({ apiGroup, resources, verbs }) =>
      resources.map((each) => `${apiGroup}/${each}: ${verbs}`),
    ),
    [
      'netaudit.dev/networkaudits: list,watch',
      'netaudit.dev/networkaudits/status: update',
      'netaudit.dev/networkauditruns/status: update',
      'netaudit.dev/networkauditruns: get,list,watch,create,patch,delete',
      'netaudit.dev/networkaudits/finalizers: update',
      'netaudit.dev/networkauditruns/finalizers: update',
      '/nodes: list,watch',
      '/services: list,watch',
      'discovery.k8s.io/endpointslices: list,watch',
    ],
  );
});
