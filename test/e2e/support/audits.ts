/** Audits and runs as end-to-end tests handle them: through kubectl, as a user does. */
import type { NetworkAudit, NetworkAuditRun } from '../../../src/api/v1alpha1/index.ts';
import type { Cluster } from './cluster.ts';

/** AuditSpec is what a user may leave out. */
export type AuditSpec = { [field: string]: unknown };

/**
 * applyAudit applies a NetworkAudit and resolves to what the API server made of it. Unless the spec says otherwise it is
 * of Pods alone: DNS has tests of its own.
 */
export async function applyAudit(
  cluster: Cluster,
  name: string,
  spec: AuditSpec = {},
): Promise<NetworkAudit> {
  const checks = [{ name: 'pods', type: 'PodToPod' }];
  const audit = {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAudit',
    metadata: { name },
    spec: { checks, ...spec },
  };
  const input = JSON.stringify(audit);
  return JSON.parse(await cluster.kubectl(['apply', '-f', '-', '-o', 'json'], { input }));
}

/** askForRun creates a run of an audit and resolves to its name. */
export async function askForRun(cluster: Cluster, auditName: string): Promise<string> {
  const run = {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAuditRun',
    metadata: { generateName: `${auditName}-` },
    spec: { auditName },
  };
  const created = await cluster.kubectl(['create', '-f', '-', '-o', 'name'], { input: JSON.stringify(run) });
  return created.trim().split('/').at(-1) ?? '';
}

/** finished waits for a run to be made and to be Complete, and resolves to it. */
export async function finished(cluster: Cluster, run: string, seconds = 90): Promise<NetworkAuditRun> {
  const name = [`networkauditrun/${run}`, `--timeout=${seconds}s`];
  await cluster.kubectl(['wait', '--for=create', ...name]);
  await cluster.kubectl(['wait', '--for=condition=Complete', ...name]);
  return runNamed(cluster, run);
}

/** runNamed reads a run. */
export async function runNamed(cluster: Cluster, run: string): Promise<NetworkAuditRun> {
  return JSON.parse(await cluster.kubectl(['get', 'networkauditrun', run, '-o', 'json']));
}

/** auditNamed reads an audit. */
export async function auditNamed(cluster: Cluster, name: string): Promise<NetworkAudit> {
  return JSON.parse(await cluster.kubectl(['get', 'networkaudit', name, '-o', 'json']));
}

/** runOnce asks for a run and resolves to it when it is over. */
export async function runOnce(cluster: Cluster, auditName: string, seconds = 90): Promise<NetworkAuditRun> {
  return finished(cluster, await askForRun(cluster, auditName), seconds);
}
