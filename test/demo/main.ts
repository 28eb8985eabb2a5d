/** `make demo`: a cluster, an audit, a broken network that it finds, and the way back, all within a minute. */
import { parseArgs, stripVTControlCharacters } from 'node:util';
import type { NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import { finished, runNamed } from '../e2e/support/audits.ts';
import { openSandbox, type SandboxCluster } from '../e2e/support/cluster.ts';
import { masquerade } from '../sandbox/faults/network.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { ansi, type Paint, plain } from './paint.ts';
import { renderFindings, renderMatrix } from './table.ts';

const paint: Paint = process.stdout.isTTY || process.env.FORCE_COLOR ? ansi : plain;
const BROKEN = 'n2';

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function title(text: string): void {
  say(`\n${paint('bold', text)}`);
}

/** shown runs kubectl as a reader of this screen would, and shows both what was typed and what came back. */
async function shown(cluster: SandboxCluster, args: readonly string[]): Promise<string> {
  say(paint('grey', `$ kubectl ${args.join(' ')}`));
  const output = await cluster.kubectl(args);
  say(output.trimEnd());
  return output;
}

async function verdict(cluster: SandboxCluster, name: string): Promise<void> {
  const run = await runNamed(cluster, name);
  await shown(cluster, ['get', 'networkaudit', 'default']);
  show(run);
}

function show({ status }: NetworkAuditRun): void {
  if (status?.matrix !== undefined) say(`\n${renderMatrix(status.matrix, paint)}`);
  const found = renderFindings(status?.findings ?? [], status?.suspects ?? [], paint);
  if (found !== '') say(`\n${found}`);
}

/** runNow asks for a run as a pipeline does: create, then wait. */
async function runNow(cluster: SandboxCluster): Promise<void> {
  const created = await shown(cluster, ['create', '-f', 'deploy/samples/run-now.yaml']);
  const name = /networkauditrun\S*\/(\S+)/.exec(created)?.[1] ?? '';
  await shown(cluster, ['wait', '--for=condition=Complete', `networkauditrun/${name}`, '--timeout=60s']);
  await verdict(cluster, name);
}

async function play(cluster: SandboxCluster): Promise<void> {
  title('1. An audit of a healthy cluster');
  await shown(cluster, ['apply', '-f', 'deploy/samples/default.yaml']);
  await shown(cluster, ['wait', '--for=condition=Passed', 'networkaudit/default', '--timeout=60s']);
  await finished(cluster, 'default-g1');
  await verdict(cluster, 'default-g1');

  title(`2. Node ${BROKEN} begins to hide its Pods behind its own address (masquerade)`);
  const mend = await cluster.inject(masquerade(await cluster.target(BROKEN)));
  await runNow(cluster);

  title(`3. Node ${BROKEN} is mended`);
  await mend();
  await runNow(cluster);
}

/** whereThingsAre names the replica that leads: only that one speaks of audits. */
async function whereThingsAre(cluster: SandboxCluster): Promise<void> {
  const holder = ['-o', 'jsonpath={.spec.holderIdentity}'];
  const leader = await cluster.kubectl(['get', 'lease', 'netaudit-operator', '-n', 'netaudit', ...holder]);
  const [pod] = leader.split('_');
  title('Where things are');
  say(`export KUBECONFIG=${cluster.sandbox.kubeconfigPath}`);
  say(`kubectl get --raw /api/v1/namespaces/netaudit/pods/${pod}:8080/proxy/metrics`);
}

/** stopped resolves at the first SIGINT or SIGTERM. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
  const why = await obstacle();
  if (why !== undefined) throw new Error(why);
  const interrupted = stopped();
  const start = performance.now();
  title('A sandbox of three nodes, with netaudit installed: deploy/, told that new nodes are fine');
  const cluster = await openSandbox();
  try {
    await shown(cluster, ['get', 'pods', '--namespace', 'netaudit', '-o', 'wide']);
    await Promise.race([play(cluster), interrupted]);
    if (values.keep) await whereThingsAre(cluster);
    say(`\nAll of this took ${Math.round((performance.now() - start) / 1000)} s.`);
    if (!values.keep) return say('The sandbox is taken away now; `make demo ARGS=--keep` leaves it up.');
    say('The sandbox stays up until Ctrl-C.');
    await interrupted;
  } finally {
    await cluster.stop();
  }
}

try {
  await main();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${stripVTControlCharacters(text)}\n`);
  process.exitCode = 1;
}
