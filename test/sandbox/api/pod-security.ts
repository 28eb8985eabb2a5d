/** Pod Security admission: a namespace's labels say what its Pods may ask for (k8s.io/pod-security-admission). */
import type { Call } from './call.ts';
import { forbidden } from './errors.ts';
import { at, type JsonObject, objectOf, stringOf } from './json.ts';
import { baselineViolations } from './pod-security-baseline.ts';
import type { Violation } from './pod-security-checks.ts';
import { restrictedViolations } from './pod-security-restricted.ts';
import { labelsOf } from './selectors.ts';
import { type ServerState, stored } from './state.ts';

/** Where each kind keeps the PodSpec of what it makes. */
const templates: Record<string, string[]> = {
  '/pods': ['spec'],
  '/podtemplates': ['template', 'spec'],
  '/replicationcontrollers': ['spec', 'template', 'spec'],
  'apps/deployments': ['spec', 'template', 'spec'],
  'apps/replicasets': ['spec', 'template', 'spec'],
  'apps/daemonsets': ['spec', 'template', 'spec'],
  'apps/statefulsets': ['spec', 'template', 'spec'],
  'batch/jobs': ['spec', 'template', 'spec'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

function violations(level: string, spec: JsonObject): Violation[] {
  if (level === 'baseline') return baselineViolations(spec);
  return level === 'restricted' ? restrictedViolations(spec) : [];
}

function text(found: Violation[]): string {
  return found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ');
}

const prefix = 'pod-security.kubernetes.io/';

/** checkPodSecurity refuses a Pod that violates its namespace's `enforce` level, and warns by its `warn` level. */
export function checkPodSecurity(state: ServerState, call: Call, object: JsonObject): void {
  const path = templates[`${call.resource.group}/${call.resource.plural}`];
  if (!path) return;
  const namespace = stored(state, '/namespaces', '', call.namespace);
  if (!namespace) return;
  const labels = labelsOf(namespace);
  const spec = objectOf(at(object, ...path));
  const level = (mode: string) => labels[`${prefix}${mode}`] ?? '';
  const version = (mode: string) => labels[`${prefix}${mode}-version`] ?? 'latest';
  if (path.length === 1) {
    const found = violations(level('enforce'), spec);
    if (found.length > 0) {
      const policy = `${level('enforce')}:${version('enforce')}`;
      const name = stringOf(at(object, 'metadata', 'name'));
      throw forbidden(call.resource, name, `violates PodSecurity "${policy}": ${text(found)}`);
    }
  }
  const warned = violations(level('warn'), spec);
  if (warned.length > 0) {
    call.warnings.push(`would violate PodSecurity "${level('warn')}:${version('warn')}": ${text(warned)}`);
  }
}
