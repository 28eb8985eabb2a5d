import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startTestServer } from '../api/test-server.ts';
import { DAEMON_SETS, DEPLOYMENTS, JOBS, NODES, type Node, PODS, type Pod } from '../kinds.ts';
import { JOB_SPEC, nodeNamed, SPEC } from './played.ts';
import { podsOf } from './stage.ts';
import { startControllers } from './start.ts';

describe('all controllers together', () => {
  it('turn what is created into Pods on nodes, with the rights of their own users, until they are stopped', async () => {
    const { server, admin, close } = await startTestServer();
    const logged: string[] = [];
    const stop = startControllers(
      (user) => server.client(user),
      (message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`),
    );
    const made = (kind: string, apiVersion: string, spec: object, name = kind.toLowerCase()) => {
      const labels = { app: name };
      const restart = kind === 'Job' ? JOB_SPEC : SPEC;
      const template = { metadata: { labels }, spec: restart };
      const selector = kind === 'Job' ? {} : { selector: { matchLabels: labels } };
      return {
        apiVersion,
        kind,
        metadata: { name, namespace: 'default' },
        spec: { ...selector, template, ...spec },
      };
    };
    try {
      for (const name of ['n1', 'n2']) await admin.create<Node>(NODES, nodeNamed(name));
      await admin.create(JOBS, made('Job', 'batch/v1', {}));
      await admin.create(DAEMON_SETS, made('DaemonSet', 'apps/v1', {}));
      await admin.create(DEPLOYMENTS, made('Deployment', 'apps/v1', { replicas: 3 }));
      for (const [app, count] of [
        ['job', 1],
        ['daemonset', 2],
        ['deployment', 3],
      ] as const) {
        assert.equal((await podsOf(admin, `app=${app}`, count)).length, count);
      }
      const bound = new Promise<void>((resolve) => {
        const nodes = new Set<string>();
        admin.watch<Pod>(PODS, {}, ({ object }) => {
          if (object.spec.nodeName !== undefined) nodes.add(object.metadata.name ?? '');
          if (nodes.size === 6) resolve();
        });
      });
      await bound;
      await stop();
      assert.deepEqual(logged, []);
      await admin.create(JOBS, made('Job', 'batch/v1', {}, 'late'));
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal((await admin.list(PODS, { labelSelector: 'app=late' })).items.length, 0);
    } finally {
      await stop();
      await close();
    }
  });
});
