import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pods, settled, startTestServer, type TestServer } from './test-server.ts';

interface Ran {
  code: number;
  out: string;
  err: string;
}

function run(command: string, args: string[], env: Record<string, string>): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { env: { ...process.env, ...env }, timeout: 20_000 }, (error, out, err) => {
      const code = error && typeof error.code === 'number' ? error.code : error ? 127 : 0;
      resolve({ code, out, err });
    });
  });
}

const installed = (await run('kubectl', ['version', '--client'], {})).code === 0;

const jobYaml = (parallelism: number, env: string) => `
apiVersion: batch/v1
kind: Job
metadata: {name: work, labels: {app: work}}
spec:
  parallelism: ${parallelism}
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: "i:1", env: [{name: A, value: "${env}"}]}]
`;

describe('the real kubectl', { skip: installed ? false : 'kubectl is not installed' }, () => {
  let test: TestServer;
  let home = '';
  before(async () => {
    test = await startTestServer();
    home = mkdtempSync(join(tmpdir(), 'netaudit-kubectl-'));
    writeFileSync(join(home, 'config'), test.server.kubeconfig('admin'));
    writeFileSync(join(home, 'one.yaml'), jobYaml(1, 'x'));
    writeFileSync(join(home, 'two.yaml'), jobYaml(2, 'x'));
    writeFileSync(join(home, 'bad.yaml'), `${jobYaml(1, 'x')}\n  backofLimit: 1\n`);
  });
  after(async () => {
    await test.close();
    rmSync(home, { recursive: true });
  });
  const kubectl = (...args: string[]) =>
    run('kubectl', args, { HOME: home, KUBECONFIG: join(home, 'config') });
  const says = async (args: string[], want: string) => {
    const ran = await kubectl(...args);
    assert.equal(ran.code, 0, ran.err);
    assert.equal(ran.out.trim(), want);
  };

  it('applies, again, with a change, and sees the difference', async () => {
    await says(['apply', '-f', join(home, 'one.yaml')], 'job.batch/work created');
    await says(['apply', '-f', join(home, 'one.yaml')], 'job.batch/work unchanged');
    const diff = await kubectl('diff', '-f', join(home, 'two.yaml'));
    assert.equal(diff.code, 1);
    assert.match(diff.out, /- {2}parallelism: 1\n\+ {2}parallelism: 2/);
    await says(['apply', '-f', join(home, 'two.yaml')], 'job.batch/work configured');
    const bad = await kubectl('apply', '-f', join(home, 'bad.yaml'));
    assert.match(bad.err, /strict decoding error: unknown field "spec.backofLimit"/);
  });

  it('applies on the server, and meets conflicts', async () => {
    const conflicting = await kubectl('apply', '--server-side', '-f', join(home, 'one.yaml'));
    assert.match(
      conflicting.err,
      /Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using batch\/v1: \.spec\.parallelism/,
    );
    await says(
      ['apply', '--server-side', '--force-conflicts', '-f', join(home, 'one.yaml')],
      'job.batch/work serverside-applied',
    );
    await says(['apply', '--server-side', '-f', join(home, 'one.yaml')], 'job.batch/work serverside-applied');
  });

  it('gets, describes and explains', async () => {
    const got = await kubectl('get', 'jobs');
    assert.match(got.out, /^NAME\s+STATUS\s+COMPLETIONS\s+DURATION\s+AGE\nwork\s+Running\s+0\/1\s+\d+s/);
    const described = await kubectl('describe', 'job', 'work');
    assert.match(described.out, /Parallelism:\s+1\n/);
    const explained = await kubectl('explain', 'job.spec.backoffLimit');
    assert.match(explained.out, /FIELD: backoffLimit <integer>/);
  });

  it('labels, annotates, patches the status, and waits for it', async () => {
    await says(['label', 'job', 'work', 'x=y'], 'job.batch/work labeled');
    await says(['annotate', 'job', 'work', 'x=y'], 'job.batch/work annotated');
    const waiting = kubectl('wait', '--for=condition=Complete', 'job/work', '--timeout=10s');
    const status = { conditions: [{ type: 'Complete', status: 'True' }] };
    await says(
      ['patch', 'job', 'work', '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })],
      'job.batch/work patched',
    );
    assert.equal((await waiting).out, 'job.batch/work condition met\n');
  });

  it('creates what it sends in protobuf, and asks what it may', async () => {
    await says(['create', 'namespace', 'team'], 'namespace/team created');
    await says(['create', 'configmap', 'c', '--from-literal=a=b', '-n', 'team'], 'configmap/c created');
    await says(['create', 'job', 'j', '--image=i', '-n', 'team', '--', 'true'], 'job.batch/j created');
    await says(['auth', 'can-i', 'create', 'jobs'], 'yes');
    const ann = await kubectl('auth', 'can-i', 'create', 'jobs', '--as=ann');
    assert.equal(ann.out, 'no\n');
    await says(['delete', 'namespace', 'team'], 'namespace "team" deleted');
  });

  it('runs a Pod, reads its log and deletes it', async () => {
    await says(['run', 'p', '--image=i'], 'pod/p created');
    await test.admin.bind('default', 'p', 'n1');
    await says(['logs', 'p'], 'default/p/p\nsecond');
    const deleting = kubectl('delete', 'pod', 'p');
    await settled(
      async () => (await test.admin.get(pods, 'default', 'p')).metadata.deletionTimestamp !== undefined,
    );
    await test.admin.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
    assert.match((await deleting).out, /^pod "p" deleted/);
  });
});
