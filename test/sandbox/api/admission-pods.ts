/** What admission adds to a Pod: its ServiceAccount and token, its priority, tolerations for nodes that vanish. */
import { randomInt } from 'node:crypto';
import type { Call } from './call.ts';
import { forbidden } from './errors.ts';
import { at, type JsonObject, listOf, numberOf, objectOf, objectsOf, stringOf } from './json.ts';
import { type ServerState, stored } from './state.ts';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const letters = 'bcdfghjklmnpqrstvwxz2456789';

function tokenVolume(name: string): JsonObject {
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ];
  return { name, projected: { sources, defaultMode: 420 } };
}

function withToken(spec: JsonObject): JsonObject {
  const known = objectsOf(spec.volumes).find((volume) =>
    stringOf(volume.name).startsWith('kube-api-access-'),
  );
  const suffix = Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  const name = known ? stringOf(known.name) : `kube-api-access-${suffix}`;
  let used = false;
  const mounted = (list: JsonObject[]) =>
    list.map((container) => {
      const mounts = objectsOf(container.volumeMounts);
      if (mounts.some((mount) => mount.mountPath === tokenPath)) return container;
      used = true;
      return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath: tokenPath }] };
    });
  const out: JsonObject = { ...spec, containers: mounted(objectsOf(spec.containers)) };
  if (spec.initContainers !== undefined) out.initContainers = mounted(objectsOf(spec.initContainers));
  if (used && !known) out.volumes = [...listOf(spec.volumes), tokenVolume(name)];
  return out;
}

function withAccount(state: ServerState, call: Call, name: string, spec: JsonObject): JsonObject {
  const accountName = stringOf(spec.serviceAccountName) || 'default';
  const account = stored(state, '/serviceaccounts', call.namespace, accountName);
  if (!account) {
    const why = `error looking up service account ${call.namespace}/${accountName}: serviceaccount "${accountName}" not found`;
    throw forbidden(call.resource, name, why);
  }
  const named: JsonObject = { ...spec, serviceAccountName: accountName, serviceAccount: accountName };
  const secrets = listOf(account.imagePullSecrets);
  if (listOf(spec.imagePullSecrets).length === 0 && secrets.length > 0) named.imagePullSecrets = secrets;
  const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  return automount === true ? withToken(named) : named;
}

function withPriority(state: ServerState, call: Call, name: string, spec: JsonObject): JsonObject {
  const className = stringOf(spec.priorityClassName);
  const classes = state.store.values('scheduling.k8s.io/priorityclasses');
  const found = className
    ? classes.find((item) => at(item, 'metadata', 'name') === className)
    : classes.find((item) => item.globalDefault === true);
  if (className && !found)
    throw forbidden(call.resource, name, `no PriorityClass with name ${className} was found`);
  const priority = numberOf(found?.value) ?? 0;
  if (spec.priority !== undefined && spec.priority !== priority) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`;
    throw forbidden(call.resource, name, why);
  }
  const defaultName = found ? stringOf(at(found, 'metadata', 'name')) : '';
  return {
    ...spec,
    ...(defaultName ? { priorityClassName: defaultName } : {}),
    priority,
    preemptionPolicy:
      stringOf(spec.preemptionPolicy) || stringOf(found?.preemptionPolicy) || 'PreemptLowerPriority',
  };
}

function withTolerations(spec: JsonObject): JsonObject {
  const present = objectsOf(spec.tolerations);
  const tolerates = (key: string) =>
    present.some(
      (item) =>
        (stringOf(item.key) === key || (stringOf(item.key) === '' && item.operator === 'Exists')) &&
        (stringOf(item.effect) === 'NoExecute' || stringOf(item.effect) === ''),
    );
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !tolerates(key),
  );
  const added = missing.map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }));
  return added.length > 0 ? { ...spec, tolerations: [...present, ...added] } : spec;
}

/** admitPod runs the mutating admission plugins of Pods; a ServiceAccount or PriorityClass that is not there is 403. */
export function admitPod(state: ServerState, call: Call, object: JsonObject): JsonObject {
  const name = stringOf(at(object, 'metadata', 'name'));
  const account = withAccount(state, call, name, objectOf(object.spec));
  return { ...object, spec: withTolerations(withPriority(state, call, name, account)) };
}
