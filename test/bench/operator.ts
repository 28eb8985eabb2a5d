/** What the operator itself costs in a large cluster: memory, and requests for a run without findings. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { permissions } from '../../src/cluster/permissions.ts';
import { at, listAt, read, root } from '../deploy/rendered.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { auditOf } from '../support/make-objects.ts';
import { until } from '../support/until.ts';
import type { Section } from './figures.ts';
import { answerJobs, fillCluster } from './large-api.ts';
import { memoryOf } from './memory.ts';

const nodes = 5000;
const perRun = 200;
const audits = 'networkaudits.netaudit.dev';

/** measureOperator runs the bundle against 5,000 nodes, through one run of 200 probes. */
export async function measureOperator(): Promise<Section> {
  const server = await new ApiServer({ permissions }).listen();
  fillCluster(server, nodes);
  const stopAnswering = answerJobs(server);
  const folder = mkdtempSync(join(tmpdir(), 'netaudit-bench-'));
  writeFileSync(join(folder, 'config'), server.kubeConfig().exportConfig());
  const child = start(join(folder, 'config'));
  try {
    await until('the operator leads', () => server.count('create', 'leases') > 0, 60_000);
    const before = server.requests.length;
    const began = performance.now();
    const spec = { nodes: { perRun }, runTimeoutSeconds: 300 };
    server.objects.create(audits, undefined, auditOf('cluster', spec));
    await until('the audit passed', () => passed(server), 120_000);
    await until('its Jobs are gone', () => server.objects.all('jobs.batch').length === 0, 60_000);
    const seconds = (performance.now() - began) / 1000;
    const sent = server.requests
      .slice(before)
      .filter(({ resource, verb }) => resource !== 'leases' && verb !== 'watch');
    const memory = memoryOf(child.pid ?? 0);
    return {
      title: 'The operator, 5,000 nodes known, a run of 200 probes with 50 peers each',
      figures: [
        { what: 'Memory, the most at any time', value: memory.most, unit: 'MB', atMost: 200 },
        { what: 'Memory after the run', value: memory.now, unit: 'MB' },
        {
          what: 'API requests for each probe',
          value: sent.length / perRun,
          unit: 'requests',
          atMost: 3,
          note: 'no findings',
        },
        { what: 'From apply to verdict', value: seconds, unit: 's', note: 'with probes that answer at once' },
      ],
    };
  } finally {
    child.kill('SIGKILL');
    stopAnswering();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

/** With the options of Node that the manifests ship, so that what is measured is what runs. */
function start(kubeconfig: string): ChildProcess {
  const deployment = read('deploy/operator.yaml').find(({ kind }) => kind === 'Deployment');
  const command = listAt(deployment, 'spec', 'template', 'spec', 'containers', 0, 'command').map(String);
  const options = command.filter((word) => word.startsWith('--'));
  const flags = ['--http-host=127.0.0.1', '--http-port=0', '--log-level=error', `--kubeconfig=${kubeconfig}`];
  return spawn(process.execPath, [...options, join(root, 'dist/operator.cjs'), ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function passed({ objects }: ApiServer): boolean {
  const conditions = at(objects.get(audits, undefined, 'cluster').status, 'conditions');
  if (!Array.isArray(conditions)) return false;
  const condition = conditions.find((each) => at(each, 'type') === 'Passed');
  if (at(condition, 'status') === 'False')
    throw new Error(`The run failed: ${String(at(condition, 'message'))}`);
  return at(condition, 'status') === 'True';
}
