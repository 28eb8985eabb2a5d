import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { type ContainerPlan, RunningContainer } from './container.ts';

const plan: ContainerPlan = {
  directory: '/nowhere',
  namespace: 'none',
  hostname: 'pod',
  argv: [],
  environment: {},
  workingDir: '/',
  identity: { uid: 0, gid: 0, groups: [], capabilities: [], noNewPrivileges: true },
  readOnlyRoot: true,
  rootfs: { etc: '/etc', usrBinds: [], etcBinds: [] },
  binds: [],
  volumes: [],
  files: { 'resolv.conf': '', hosts: '' },
  terminationMessagePath: '/dev/termination-log',
};

/** runtime stands for bubblewrap: a shell script that names the first process on file descriptor 3. */
function runtime(script: string) {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  return { child, container: new RunningContainer(plan, child) };
}

const say = 'echo "{ \\"child-pid\\": $! }" >&3';

describe('a running container', () => {
  it('passes a signal to its first process', async () => {
    const { container } = runtime(`sleep 60 3>&- & ${say}; wait $!`);
    await container.started;
    container.signal('SIGTERM');
    assert.deepEqual(await container.exit, { code: 143, notStarted: false });
  });

  it('takes a signal after its first process has ended, while its runtime has not said so yet', async () => {
    const { child, container } = runtime(`true 3>&- & wait $!; ${say}; exec sleep 60`);
    await container.started;
    container.signal('SIGTERM');
    assert.equal(child.exitCode, null);
    child.kill('SIGTERM');
    assert.deepEqual(await container.exit, { code: 143, notStarted: false });
  });
});
