/** A large cluster behind an API server on loopback: real objects in real sizes, and Jobs whose Pods answer at once. */
import { encodeAnswer } from '../../src/checks/answer.ts';
import { decodeQuestion, questionHash, questionVariable } from '../../src/checks/question.ts';
import type { Stored } from '../support/api-server/objects.ts';
import { at } from '../support/api-server/request.ts';
import type { ApiServer } from '../support/api-server/server.ts';
import { metadataOf } from '../support/make-objects.ts';
import { answerAsAsked } from './answers.ts';

const labels = { 'app.kubernetes.io/name': 'netaudit', 'app.kubernetes.io/component': 'responder' };

/** fillCluster puts nodes, their Leases and their responders into the API server. */
export function fillCluster({ objects }: ApiServer, nodes: number): void {
  objects.create('daemonsets.apps', 'netaudit', {
    metadata: metadataOf('netaudit-responder'),
    spec: { template: { spec: { tolerations: [{ operator: 'Exists' }] } } },
  });
  for (let index = 0; index < nodes; index += 1) {
    const name = `ip-10-${index >> 8}-${index & 255}-17.eu-central-1.compute.internal`;
    objects.create('nodes', undefined, nodeObject(name));
    objects.create('pods', 'netaudit', responderObject(name, index));
  }
}

/** answerJobs lets every Job complete at once, with the evidence of a healthy network in its Pod. */
export function answerJobs({ objects }: ApiServer): () => void {
  return objects.listen(({ type, collection, object }) => {
    if (collection === 'jobs.batch' && type === 'ADDED') setImmediate(() => complete(objects, object));
  });
}

function complete(objects: ApiServer['objects'], job: Stored): void {
  const { name, namespace, uid } = job.metadata;
  const variables = at(job.spec, 'template', 'spec', 'containers', '0', 'env');
  const variable = Array.isArray(variables)
    ? variables.find((each) => at(each, 'name') === questionVariable)
    : undefined;
  const text = String(at(variable, 'value'));
  const decoded = decodeQuestion(text);
  if (!decoded.ok) throw new Error(decoded.problem);
  const { question } = decoded;
  const podIP = '10.99.0.1';
  const results = question.tasks.map(({ check, task }) => ({ check, evidence: answerAsAsked(task, podIP) }));
  const hash = questionHash(text);
  const answer = encodeAnswer({ version: 1, run: question.run.uid, question: hash, complete: true, results });
  objects.create('pods', namespace, {
    metadata: metadataOf(`${name}-x`, {
      labels: job.metadata.labels,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true }],
    }),
    spec: { nodeName: question.node, containers: [{ name: 'probe' }] },
    status: {
      phase: 'Succeeded',
      podIPs: [{ ip: podIP }],
      containerStatuses: [
        {
          name: 'probe',
          state: { terminated: { exitCode: 0, reason: 'Completed', message: answer.message } },
        },
      ],
    },
  });
  const present = objects.get('jobs.batch', namespace, name);
  const conditions = [{ type: 'Complete', status: 'True', reason: 'CompletionsReached', message: '' }];
  const changed = {
    ...present,
    metadata: { ...present.metadata, resourceVersion: '' },
    status: { conditions },
  };
  objects.replace('jobs.batch', present, changed, false);
}

/** A Node of a real cluster has some 8 KiB, most of it names of images, addresses and conditions. */
function nodeObject(name: string): Partial<Stored> {
  const images = Array.from({ length: 40 }, (_, index) => ({
    names: [`registry.example.com/team-${index}/service@sha256:${'0123456789abcdef'.repeat(4)}`],
    sizeBytes: 50_000_000 + index,
  }));
  const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
    lastHeartbeatTime: '2026-11-01T10:00:00Z',
    lastTransitionTime: '2026-10-01T10:00:00Z',
  }));
  return {
    metadata: metadataOf(name, { labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': name } }),
    spec: { providerID: `aws:///eu-central-1a/i-${name}` },
    status: { conditions, images, nodeInfo: { operatingSystem: 'linux', architecture: 'amd64' } },
  };
}

function responderObject(nodeName: string, index: number): Partial<Stored> {
  const env = ['NODE_NAME', 'POD_NAME', 'POD_UID', 'POD_IPS'].map((name) => ({
    name,
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } },
  }));
  return {
    metadata: metadataOf(`netaudit-responder-${index.toString(36).padStart(5, '0')}`, { labels }),
    spec: {
      nodeName,
      containers: [{ name: 'responder', image: 'ghcr.io/netaudit/netaudit:dev', env }],
      tolerations: [{ operator: 'Exists' }],
    },
    status: {
      phase: 'Running',
      podIPs: [{ ip: `10.${128 + (index >> 8)}.${index & 255}.3` }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}
