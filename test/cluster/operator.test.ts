import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isObject, type JsonObject, textOf } from '../../src/cluster/json.ts';
import { permissions } from '../../src/cluster/permissions.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { auditOf } from '../support/make-objects.ts';
import { until } from '../support/until.ts';

const entry = new URL('../../src/operator.ts', import.meta.url).pathname;

describe('the operator as a process', { timeout: 60_000 }, () => {
  let server: ApiServer;
  let folder: string;

  before(async () => {
    server = await new ApiServer({ permissions }).listen();
    folder = mkdtempSync(join(tmpdir(), 'netaudit-operator-'));
    writeFileSync(join(folder, 'config'), server.kubeConfig().exportConfig());
  });
  const children: ChildProcess[] = [];
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await server.close();
    rmSync(folder, { recursive: true });
  });

  function start(...flags: string[]) {
    const child = spawn(process.execPath, [entry, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    const output = { out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      output.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output.err += chunk;
    });
    return { child, output, ended: endOf(child) };
  }

  it('says what is wrong with a flag in one sentence, and ends with 2', async () => {
    const { output, ended } = start('--job-cap', 'many');
    assert.deepEqual(await ended, [2, null]);
    assert.equal(output.out, '');
    assert.match(output.err, /^--job-cap must be a whole number from 1 to 10000, not "many"\n/);
  });

  it('lists its flags', async () => {
    const { output, ended } = start('--help');
    assert.deepEqual(await ended, [0, null]);
    assert.match(output.out, /--settle-seconds .*NETAUDIT_SETTLE_SECONDS/);
  });

  it('is ready, leads, tells metrics, and ends in peace on SIGTERM', async () => {
    server.objects.create('networkaudits.netaudit.dev', undefined, auditOf('cluster'));
    const flags = [`--kubeconfig=${join(folder, 'config')}`, '--http-host=127.0.0.1', '--http-port=0'];
    const { child, output, ended } = start(...flags, '--identity=pod-1');
    await until('it started', () => linesOf(output.out).some(({ message }) => message === 'Started'));
    const port = linesOf(output.out).find(({ message }) => message === 'Started')?.port;
    const get = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
    await until('it leads', () => linesOf(output.out).some(({ message }) => message === 'Became the leader'));
    while ((await get('/readyz')).status !== 200);
    assert.equal((await get('/healthz')).status, 200);
    await until('the audit has a status', () => server.count('update', 'networkaudits') > 0);
    const metrics = (await (await get('/metrics')).text()).split('\n');
    const names = metrics.map((line) => line.replace(/ \S+$/, ''));
    for (const wanted of [
      'workqueue_adds_total{name="audits"}',
      'netaudit_api_requests_total{verb="list",resource="nodes",code="200"}',
      'netaudit_suspended{audit="cluster"}',
    ]) {
      assert.ok(names.includes(wanted), wanted);
    }
    assert.ok(metrics.includes('leader_election_master_status{name="netaudit-operator"} 1'));
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    const levels = linesOf(output.out).map(({ level, message }) => `${level} ${message}`);
    assert.equal(levels.at(-1), 'info Ended');
    const lease = server.objects.get('leases.coordination.k8s.io', 'netaudit', 'netaudit-operator');
    assert.match(JSON.stringify(lease.spec), /"holderIdentity":""/);
  });

  it('starts and stays without an API server, healthy and not ready', async () => {
    writeFileSync(
      join(folder, 'nowhere'),
      server
        .kubeConfig()
        .exportConfig()
        .replace(/127.0.0.1:\d+/, '127.0.0.1:9'),
    );
    const flags = [`--kubeconfig=${join(folder, 'nowhere')}`, '--http-host=127.0.0.1', '--http-port=0'];
    const { child, output, ended } = start(...flags);
    await until('it failed to follow', () => output.out.includes('Could not follow'));
    const port = linesOf(output.out).find(({ message }) => message === 'Started')?.port;
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 503);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });
});

async function endOf(child: ChildProcess): Promise<unknown[]> {
  return await once(child, 'exit');
}

function linesOf(output: string): JsonObject[] {
  return output
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line): unknown => JSON.parse(line))
    .filter(isObject)
    .map((line) => ({ ...line, message: textOf(line.message) }));
}
