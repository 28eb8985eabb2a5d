import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Running, runTool } from '../../../src/probe/service-rules/command.ts';

const never = new AbortController().signal;

function shell(script: string, more: Partial<Running> = {}): Promise<unknown> {
  const running = { program: 'sh', args: ['-c', script], deadlineMilliseconds: 20_000, mostBytes: 1 << 20 };
  return runTool({ ...running, signal: never, ...more });
}

test('what a tool prints is given whole, whatever it complains of', async () => {
  assert.deepEqual(await shell('printf "*nat\\nCOMMIT\\n"; echo "# Warning: legacy tables" >&2'), {
    ok: true,
    text: '*nat\nCOMMIT\n',
  });
  assert.deepEqual(await shell('head -c 300000 /dev/zero | tr "\\0" x'), {
    ok: true,
    text: 'x'.repeat(300_000),
  });
});

test('a tool that fails, dies or cannot be run has a problem, with the first line of its complaint', async () => {
  const problem = (text: string) => ({ ok: false, problem: text });
  assert.deepEqual(
    await shell('echo rules; printf "\\nPermission\\tdenied\\nmore\\n" >&2; exit 4'),
    problem('it ended with 4: Permission?denied'),
  );
  assert.deepEqual(await shell('exit 1'), problem('it ended with 1'));
  assert.deepEqual(await shell('echo rules; kill -SEGV $$'), problem('SIGSEGV ended it'));
  assert.deepEqual(
    await shell('', { program: 'netaudit-no-such-tool' }),
    problem('it could not be run: ENOENT'),
  );
  const long = await shell('head -c 90000 /dev/zero | tr "\\0" x >&2; exit 2');
  assert.deepEqual(long, problem(`it ended with 2: ${'x'.repeat(200)}`));
});

test('a tool that takes too long, or prints too much, is ended and its output not believed', async () => {
  assert.deepEqual(await shell('echo rules; exec sleep 60', { deadlineMilliseconds: 300 }), {
    ok: false,
    problem: 'it took longer than 0.3 s',
  });
  assert.deepEqual(await shell('exec cat /dev/zero', { mostBytes: 100_000 }), {
    ok: false,
    problem: 'it printed more than 100000 bytes',
  });
});

test('when time is up, a tool that runs is ended and none is begun', async () => {
  const stop = new AbortController();
  const running = shell('exec sleep 60', { signal: stop.signal });
  stop.abort();
  assert.deepEqual(await running, { ok: false, problem: 'it was not over when time was up' });
  assert.deepEqual(await shell('true', { signal: stop.signal }), {
    ok: false,
    problem: 'there was no time left for it',
  });
});

test('arguments reach a tool as they are, and nothing of the own environment does', async () => {
  process.env.NETAUDIT_SECRET = 'secret';
  const args = ['-c', 'printf "%s|%s|%s" "$1" "$NETAUDIT_SECRET" "$LC_ALL"', 'sh', '$(id); *'];
  assert.deepEqual(await shell('', { args }), { ok: true, text: '$(id); *||C' });
});
