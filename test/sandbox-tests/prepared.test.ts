import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { prepared } from '../sandbox/node/prepared.ts';

it('a container is entered only when bubblewrap has made way for what it runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prepared-'));
  try {
    const bwrap = join(folder, 'bwrap');
    await copyFile('/bin/cat', bwrap);
    const child = spawn(bwrap, { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.write('up');
    await once(child.stdout, 'data');
    const exit = once(child, 'exit');
    const order: string[] = [];
    const entering = prepared(child.pid ?? 0).then(() => order.push('entered'));
    child.stdin.write('still');
    await once(child.stdout, 'data');
    order.push('bubblewrap ended');
    child.stdin.end();
    await Promise.all([exit, entering]);
    assert.deepEqual(order, ['bubblewrap ended', 'entered']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
