import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { probeJob } from '../../src/plan/job.ts';
import { defaultSettings } from '../../src/plan/settings.ts';
import { bundles } from '../../src/tools/bundle.ts';
import { makeRun } from '../metrics/objects.ts';
import { copiesOf, packagesOf, parseDockerfile, type Stage, textsOf } from './dockerfile.ts';
import { at, listAt, read, root } from './rendered.ts';

const stages = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const build = stageAt(0);
const image = stageAt(1);

function stageAt(index: number): Stage {
  const stage = stages[index];
  assert.ok(stage, `stage ${index} is missing`);
  return stage;
}

/** The files under /app in the image, by their path there. */
const inApp = copiesOf(image).flatMap(({ sources, target }) => {
  assert.equal(target, './');
  return sources.map((source) => `/app/${basename(source)}`);
});

test('comments and continued lines are read as Docker reads them', () => {
  const text =
    '# no\nFROM a AS b\nRUN apt-get update \\\n # no\n && apt-get install -y z \\\n   y\nFROM c\nUSER 1\n';
  const parsed = parseDockerfile(text);
  assert.deepEqual(parsed, [
    {
      base: 'a',
      name: 'b',
      instructions: [{ name: 'RUN', text: 'apt-get update && apt-get install -y z y' }],
    },
    { base: 'c', instructions: [{ name: 'USER', text: '1' }] },
  ]);
  assert.deepEqual(parsed.map(packagesOf), [['y', 'z'], []]);
});

test('the image has the Node of the project, and an nft that newer rules do not crash', () => {
  assert.deepEqual(
    stages.map(({ base, name }) => [base, name]),
    [
      ['node:24-trixie-slim', 'build'],
      ['node:24-trixie-slim', undefined],
    ],
  );
});

test('what the probes run on a node is installed, and nothing that is only recommended', () => {
  assert.deepEqual(packagesOf(image), ['bind9-dnsutils', 'iproute2', 'iptables', 'nftables']);
  const [run = ''] = textsOf(image, 'RUN');
  assert.match(run, /--no-install-recommends/);
  assert.match(run, /rm -rf \/var\/lib\/apt\/lists\/\*/);
});

test('the image holds the three bundles, the licence and no sources', () => {
  assert.deepEqual(textsOf(image, 'WORKDIR'), ['/app']);
  assert.deepEqual(inApp, [...bundles.map((name) => `/app/${name}.cjs`), '/app/LICENSE']);
  for (const { from, sources } of copiesOf(image)) {
    for (const source of sources) assert.match(source, from === undefined ? /^LICENSE$/ : /^\/src\/dist\//);
  }
  for (const name of bundles) assert.ok(existsSync(join(root, `src/${name}.ts`)), name);
});

test('the build stage gets all that it copies, past .dockerignore', () => {
  const [everything, ...admitted] = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(everything, '*');
  const fromContext = [...copiesOf(build), ...copiesOf(image)].filter(({ from }) => from === undefined);
  const sources = fromContext.flatMap(({ sources }) => sources.map((source) => source.replace(/^\.\//, '')));
  assert.deepEqual(admitted.map((line) => line.slice(1)).sort(), sources.sort());
  for (const source of sources) assert.ok(existsSync(join(root, source)), source);
});

test('the build installs from the lock file, then bundles', () => {
  assert.deepEqual(textsOf(build, 'WORKDIR'), ['/src']);
  assert.deepEqual(textsOf(build, 'RUN'), ['npm ci', 'npm run build']);
});

test('nobody is root who does not ask for it', () => {
  assert.deepEqual(textsOf(image, 'USER'), ['65532:65532']);
});

const podOfProbe = at(
  probeJob(
    {
      run: makeRun('cluster', 'cluster-1'),
      node: 'n1',
      place: 'pod',
      question: 'e30',
      deadlineTime: '2026-11-01T10:03:00Z',
    },
    new Date('2026-11-01T10:00:00Z'),
    defaultSettings,
  ),
  'spec',
  'template',
  'spec',
);

test('what Pods are told to run is in the image, and is what it runs by itself', () => {
  const pods = ['operator', 'responder'].map((name) => {
    const workload = read(`deploy/${name}.yaml`).find(({ kind }) =>
      ['Deployment', 'DaemonSet'].includes(kind),
    );
    return listAt(workload, 'spec', 'template', 'spec', 'containers', 0, 'command').map(String);
  });
  const probe = listAt(podOfProbe, 'containers', 0, 'command').map(String);
  for (const command of [...pods, probe]) {
    assert.equal(command[0], '/usr/local/bin/node');
    assert.ok(inApp.includes(command.at(-1) ?? ''), command.join(' '));
  }
  const words = ['ENTRYPOINT', 'CMD'].flatMap((name) =>
    textsOf(image, name).map((text): unknown => JSON.parse(text)),
  );
  assert.deepEqual(words.flat(), at(pods, 0));
});
