/** A small cluster around the small API server: nodes with responders, and a Job controller whose Pods answer. */

import { encodeAnswer } from '../../src/checks/answer.ts';
import { decodeQuestion, questionHash, questionVariable } from '../../src/checks/question.ts';
import type { Stored } from './api-server/objects.ts';
import { at } from './api-server/request.ts';
import type { ApiServer } from './api-server/server.ts';
import { metadataOf } from './make-objects.ts';

/** SmallClusterOptions are what the cluster does with Jobs. */
export interface SmallClusterOptions {
  readonly nodes: number;
  /** answerMilliseconds is how long a probe takes. */
  readonly answerMilliseconds?: number;
  /** refuses are nodes whose Jobs get no Pod, but an event that says why. */
  readonly refuses?: readonly string[];
  /** evidenceBytes makes answers so large that they go to the log. */
  readonly evidenceBytes?: number;
}

/** SmallCluster is ended with `end`. */
export interface SmallCluster {
  /** created are the names of all Jobs that were ever made. */
  readonly created: string[];
  readonly end: () => void;
}

/** createSmallCluster fills the server and begins to answer Jobs. */
export function createSmallCluster(server: ApiServer, options: SmallClusterOptions): SmallCluster {
  const { objects } = server;
  const labels = { 'app.kubernetes.io/name': 'netaudit', 'app.kubernetes.io/component': 'responder' };
  objects.create('daemonsets.apps', 'netaudit', {
    metadata: metadataOf('netaudit-responder'),
    spec: { template: { spec: { tolerations: [{ operator: 'Exists' }] } } },
  });
  for (let index = 0; index < options.nodes; index += 1) {
    const nodeName = `n${index}`;
    objects.create('nodes', undefined, {
      metadata: metadataOf(nodeName),
      spec: {},
      status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { operatingSystem: 'linux' } },
    });
    objects.create('pods', 'netaudit', {
      metadata: metadataOf(`netaudit-responder-${nodeName}`, { labels }),
      spec: { nodeName, containers: [{ name: 'responder' }] },
      status: {
        podIPs: [{ ip: `10.${index >> 8}.${index & 255}.1` }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    });
  }
  const created: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const unlisten = objects.listen(({ type, collection, object }) => {
    if (collection !== 'jobs.batch') return;
    if (type === 'DELETED') timers.add(setTimeout(() => collectGarbage(server, object), 1));
    if (type !== 'ADDED') return;
    created.push(object.metadata.name);
    timers.add(setTimeout(() => runJob(server, object, options), options.answerMilliseconds ?? 20));
  });
  return {
    created,
    end: () => {
      unlisten();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function runJob(
  server: ApiServer,
  job: Stored,
  { refuses = [], evidenceBytes = 0 }: SmallClusterOptions,
): void {
  const { objects } = server;
  const { name, namespace, uid } = job.metadata;
  if (!objects.all('jobs.batch', namespace).some(({ metadata }) => metadata.uid === uid)) return;
  const container = at(job.spec, 'template', 'spec', 'containers', '0');
  const question = questionOf(container);
  if (refuses.includes(question.node)) {
    objects.create('events', namespace, {
      metadata: metadataOf(`${name}.refused`),
      involvedObject: { uid },
      reason: 'FailedCreate',
      message: `Error creating: pods "${name}-" is forbidden: exceeded quota`,
      lastTimestamp: new Date().toISOString(),
    });
    return;
  }
  const evidence = { random: randomText(evidenceBytes) };
  const results = question.tasks.map(({ check }) => ({ check, evidence }));
  const answer = encodeAnswer({
    version: 1,
    run: question.run,
    question: question.hash,
    complete: true,
    results,
  });
  if (answer.line !== undefined) server.logs.set(`${namespace}/${name}-x`, `${answer.line}\n`);
  objects.create('pods', namespace, {
    metadata: metadataOf(`${name}-x`, {
      labels: job.metadata.labels,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true }],
    }),
    spec: { nodeName: question.node, containers: [{ name: 'probe' }] },
    status: {
      phase: 'Succeeded',
      podIPs: [{ ip: '10.1.0.1' }],
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
  const { resourceVersion: _, ...metadata } = present.metadata;
  objects.replace(
    'jobs.batch',
    present,
    { ...present, metadata: { ...metadata, resourceVersion: '' }, status: { conditions } },
    false,
  );
}

function questionOf(container: unknown) {
  const variables = at(container, 'env');
  const found = Array.isArray(variables)
    ? variables.find((each) => at(each, 'name') === questionVariable)
    : undefined;
  const text = String(at(found, 'value'));
  const decoded = decodeQuestion(text);
  if (!decoded.ok) throw new Error(decoded.problem);
  const { node, tasks, run } = decoded.question;
  return { node, tasks, run: run.uid, hash: questionHash(text) };
}

/** Text that gzip cannot make small. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}

function collectGarbage({ objects }: ApiServer, job: Stored): void {
  for (const pod of objects.all('pods', job.metadata.namespace)) {
    const owners = pod.metadata.ownerReferences;
    if (Array.isArray(owners) && owners.some((owner) => at(owner, 'uid') === job.metadata.uid)) {
      objects.delete('pods', pod);
    }
  }
}
