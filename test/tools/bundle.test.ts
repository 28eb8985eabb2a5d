import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundle, bundles } from '../../src/tools/bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'netaudit-bundle-'));

before(() => bundle(folder));
after(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

/** In an empty folder, so that nothing is found beside the bundle that would not be in the image. */
function run(name: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const argv = ['--disable-warning=DEP0040', join(folder, `${name}.cjs`), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: folder, env, timeout: 20_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : error.code, out, err }),
    );
  });
}

test('there is one file for each entry point and nothing else', () => {
  assert.deepEqual(readdirSync(folder).sort(), bundles.map((name) => `${name}.cjs`).sort());
});

test('a file is whole at every moment, also while it is written anew', async () => {
  const path = join(folder, 'operator.cjs');
  const { ino, size } = statSync(path);
  const sizes = new Set<number>();
  const watching = setInterval(() => sizes.add(statSync(path).size), 1);
  await bundle(folder);
  clearInterval(watching);
  sizes.add(statSync(path).size);
  assert.deepEqual([...sizes], [size]);
  assert.notEqual(statSync(path).ino, ino);
});

test('the operator starts from its one file, and says nothing that it was not asked', async () => {
  const { code, out, err } = await run('operator', ['--help']);
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.match(out, /^Usage: operator/);
});

test('the operator refuses a flag that it does not know', async () => {
  const { code, err } = await run('operator', ['--no-such-flag=1']);
  assert.equal(code, 2);
  assert.match(err, /no-such-flag/);
});

test('a probe without a question leaves a sentence where its answer would be', async () => {
  const message = join(folder, '..', `${folder.split('/').at(-1)}-log`);
  const { code, err } = await run('probe', [], { NETAUDIT_TERMINATION_LOG: message });
  assert.deepEqual({ code, err }, { code: 1, err: '' });
  assert.match(readFileSync(message, 'utf8'), /"problem":/);
  rmSync(message);
});

test('what runs on every node is small: no client of the API server came along', () => {
  // The probe reads the rules of two kinds of firewalls, with a library for addresses.
  for (const [name, most] of [
    ['probe', 256],
    ['responder', 128],
  ] as const) {
    const bytes = statSync(join(folder, `${name}.cjs`)).size;
    assert.ok(bytes < most * 1024, `${name} has ${bytes} bytes`);
  }
});
