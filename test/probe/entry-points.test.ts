import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readAnswer } from '../../src/checks/answer.ts';
import { encodeQuestion, questionHash } from '../../src/checks/question.ts';
import { bundle } from '../../src/tools/bundle.ts';
import { honestly, own, standIn, taskFor } from './stand-in.ts';

let folder = '';
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'entry-points-'));
  await bundle(folder);
});
after(() => rmSync(folder, { recursive: true }));

const expectedOf = (question: string) => ({ run: 'run-uid', question: questionHash(question) });

function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function questionOf(task: ReturnType<typeof taskFor>): string {
  const deadlineTime = new Date(Date.now() + 60_000).toISOString();
  const run = { name: 'run', uid: 'run-uid' };
  const tasks = [{ check: 'pods', type: 'PodToPod' as const, task }];
  const encoded = encodeQuestion({ version: 1, run, node: 'n1', place: 'pod', deadlineTime, tasks });
  assert.ok(encoded.ok);
  return encoded.text;
}

/** probe starts the bundled probe on a question; `log` is its termination message. */
function probe(question: string) {
  const log = join(folder, 'termination-log');
  writeFileSync(log, '');
  const env = { NETAUDIT_QUESTION: question, NETAUDIT_TERMINATION_LOG: log, NODE_NAME: 'n1', POD_IPS: own };
  return { child: start([join(folder, 'probe.cjs')], env), log };
}

describe('The bundled probe', () => {
  it('answers its question and ends with 0', async () => {
    await using responder = await standIn(honestly);
    const question = questionOf(taskFor(responder, ['TCP', 'UDP']));
    const { child, log } = probe(question);
    const [code] = await once(child, 'exit');
    const read = readAnswer(readFileSync(log, 'utf8'), expectedOf(question));
    assert.deepEqual([code, read.kind, read.kind === 'Answer' && read.answer.complete], [0, 'Answer', true]);
  });

  it('writes what it has when it gets SIGTERM, and ends with 0', async () => {
    await using responder = await standIn(() => {}, honestly);
    const question = questionOf(taskFor(responder, ['TCP', 'UDP'], { timeoutMilliseconds: 50_000 }));
    const { child, log } = probe(question);
    const exit = once(child, 'exit');
    const changes = watch(log);
    changes.on('change', () => {
      if (readFileSync(log, 'utf8').includes('results')) child.kill('SIGTERM');
    });
    const [code] = await exit;
    changes.close();
    const read = readAnswer(readFileSync(log, 'utf8'), expectedOf(question));
    assert.equal(code, 0);
    assert.equal(read.kind === 'Answer' && read.answer.complete, false);
    assert.match(
      JSON.stringify(read),
      /"results":\[\{"check":"pods","evidence":\{.*"results":\[[1-9]\d*,0\]/,
    );
  });

  it('ends with 1 and a sentence when it has no question', async () => {
    const { child, log } = probe('');
    const [code] = await once(child, 'exit');
    assert.equal(code, 1);
    assert.equal(readFileSync(log, 'utf8'), '{"version":1,"problem":"the question is not base64url"}\n');
  });
});

describe('The bundled responder', () => {
  it('runs without a compiler, as the manifests start it, and ends with 0 on SIGTERM', async () => {
    const server = createServer().listen(0, '127.0.99.2');
    await once(server, 'listening');
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    server.close();
    await once(server, 'close');
    const flags = ['--jitless', '--max-old-space-size=16', '--max-semi-space-size=1'];
    const env = { POD_IPS: '127.0.99.2', POD_UID: 'u', NETAUDIT_RESPONDER_PORT: String(port) };
    const child = start([...flags, join(folder, 'responder.cjs')], env);
    const exit = once(child, 'exit');
    let log = '';
    for await (const text of child.stderr ?? []) {
      log += String(text);
      if (log.includes('"TCP","address":"127.0.99.2"')) break;
    }
    assert.match(log, /"message":"Answering","protocol":"UDP","address":"127\.0\.99\.2"/);
    child.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
  });

  it('says what is wrong with its settings and ends with 1', async () => {
    const child = start([join(folder, 'responder.cjs')], { NETAUDIT_RESPONDER_PORT: 'ninety' });
    let log = '';
    child.stderr?.on('data', (text) => {
      log += text;
    });
    const [code] = await once(child, 'exit');
    assert.equal(code, 1);
    assert.match(log, /NETAUDIT_RESPONDER_PORT is no port: ninety/);
  });
});
