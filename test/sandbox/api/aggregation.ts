/** Cluster roles that are the sum of others, and addresses that come free with their Service. */
import { at, equal, type JsonObject, listOf, numberOf, objectsOf, stringOf, stringsOf } from './json.ts';
import { labelsOf, matchesLabelSelector } from './selectors.ts';
import type { ServerState } from './state.ts';

const clusterRoles = 'rbac.authorization.k8s.io/clusterroles';

function sum(state: ServerState, role: JsonObject): void {
  const selectors = objectsOf(at(role, 'aggregationRule', 'clusterRoleSelectors'));
  const rules = state.store
    .values(clusterRoles)
    .filter((other) => at(other, 'metadata', 'name') !== at(role, 'metadata', 'name'))
    .filter((other) => selectors.some((selector) => matchesLabelSelector(selector, labelsOf(other))))
    .flatMap((other) => listOf(other.rules));
  if (!equal(rules, role.rules)) state.store.put(clusterRoles, { ...role, rules });
}

/** runAggregation starts the controller that keeps aggregated ClusterRoles up to date. */
export function runAggregation(state: ServerState): () => void {
  let scheduled = false;
  const work = () => {
    scheduled = false;
    for (const role of state.store.values(clusterRoles))
      if (role.aggregationRule !== undefined) sum(state, role);
  };
  return state.store.listen(clusterRoles, () => {
    if (!scheduled) queueMicrotask(work);
    scheduled = true;
  });
}

/** runAddressRelease frees addresses and node ports of Services that are deleted. */
export function runAddressRelease(state: ServerState): () => void {
  return state.store.listen('/services', (change) => {
    if (change.type !== 'DELETED') return;
    const spec = at(change.object, 'spec');
    const ports = objectsOf(at(spec, 'ports')).map((port) => numberOf(port.nodePort) ?? 0);
    state.addresses.release([stringOf(at(spec, 'clusterIP')), ...stringsOf(at(spec, 'clusterIPs'))], ports);
  });
}
