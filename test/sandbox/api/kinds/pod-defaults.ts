/** Defaults of a PodSpec (pkg/apis/core/v1/defaults.go), for Pods and for templates. */
import { at, isObject, type JsonObject, type JsonValue, objectOf, objectsOf, stringOf } from '../json.ts';

/** withDefaults fills in members that are missing. */
export function withDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  const out = { ...object };
  for (const [name, value] of Object.entries(defaults)) if (out[name] === undefined) out[name] = value;
  return out;
}

/** mapMember applies a function to one member where it is an object. */
export function mapMember(
  object: JsonObject,
  name: string,
  change: (member: JsonObject) => JsonObject,
): JsonObject {
  const member = object[name];
  return isObject(member) ? { ...object, [name]: change(member) } : object;
}

/** mapList applies a function to each object of a list member. */
export function mapList(
  object: JsonObject,
  name: string,
  change: (member: JsonObject) => JsonObject,
): JsonObject {
  const list = object[name];
  if (!Array.isArray(list)) return object;
  return { ...object, [name]: list.map((item): JsonValue => (isObject(item) ? change(item) : item)) };
}

function imagePullPolicy(image: string): string {
  const name = image.split('/').at(-1) ?? '';
  const tag = image.includes('@') ? 'digest' : (name.split(':')[1] ?? 'latest');
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function probe(value: JsonObject): JsonObject {
  const timed = withDefaults(value, {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  const http = mapMember(timed, 'httpGet', (get) => withDefaults(get, { path: '/', scheme: 'HTTP' }));
  return mapMember(http, 'grpc', (grpc) => withDefaults(grpc, { service: '' }));
}

function handler(value: JsonObject): JsonObject {
  return mapMember(value, 'httpGet', (get) => withDefaults(get, { path: '/', scheme: 'HTTP' }));
}

function container(value: JsonObject, hostNetwork: boolean): JsonObject {
  let out = withDefaults(value, {
    imagePullPolicy: imagePullPolicy(stringOf(value.image)),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) out = mapMember(out, name, probe);
  out = mapMember(out, 'lifecycle', (life) =>
    mapMember(mapMember(life, 'postStart', handler), 'preStop', handler),
  );
  out = mapList(out, 'env', (env) =>
    mapMember(env, 'valueFrom', (from) =>
      mapMember(from, 'fieldRef', (ref) => withDefaults(ref, { apiVersion: 'v1' })),
    ),
  );
  out = mapList(out, 'ports', (port) => {
    const named = withDefaults(port, { protocol: 'TCP' });
    return hostNetwork && port.hostPort === undefined
      ? { ...named, hostPort: port.containerPort ?? 0 }
      : named;
  });
  return mapMember(out, 'resources', limitsAsRequests);
}

function limitsAsRequests(resources: JsonObject): JsonObject {
  const limits = resources.limits;
  if (!isObject(limits)) return resources;
  return { ...resources, requests: withDefaults(objectOf(resources.requests), limits) };
}

function source(value: JsonObject): JsonObject {
  const token = mapMember(value, 'serviceAccountToken', (item) =>
    withDefaults(item, { expirationSeconds: 3600 }),
  );
  return mapMember(token, 'downwardAPI', (api) => mapList(api, 'items', fieldItem));
}

function fieldItem(item: JsonObject): JsonObject {
  return mapMember(item, 'fieldRef', (ref) => withDefaults(ref, { apiVersion: 'v1' }));
}

function volume(value: JsonObject): JsonObject {
  const { name, ...sources } = value;
  if (Object.keys(sources).length === 0) return { name: name ?? '', emptyDir: {} };
  let out = value;
  for (const kind of ['secret', 'configMap', 'projected', 'downwardAPI']) {
    out = mapMember(out, kind, (item) => withDefaults(item, { defaultMode: 420 }));
  }
  out = mapMember(out, 'hostPath', (path) => withDefaults(path, { type: '' }));
  out = mapMember(out, 'downwardAPI', (api) => mapList(api, 'items', fieldItem));
  return mapMember(out, 'projected', (item) => mapList(item, 'sources', source));
}

/** defaultPodSpec fills in a PodSpec. */
export function defaultPodSpec(spec: JsonObject): JsonObject {
  let out = withDefaults(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  const hostNetwork = spec.hostNetwork === true;
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    out = mapList(out, list, (item) => container(item, hostNetwork && list === 'containers'));
  }
  out = mapList(out, 'volumes', volume);
  const account = stringOf(out.serviceAccountName) || stringOf(out.serviceAccount);
  return account ? { ...out, serviceAccountName: account, serviceAccount: account } : out;
}

/** defaultTemplate fills in the Pod template at `spec.template`. */
export function defaultTemplate(spec: JsonObject): JsonObject {
  return mapMember(spec, 'template', (template) => mapMember(template, 'spec', defaultPodSpec));
}

/** qosClass is how much of its resources a Pod has for sure (pkg/apis/core/v1/helper/qos). */
export function qosClass(spec: JsonObject): string {
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
  const amounts = containers.map((item) => ({
    requests: objectOf(at(item, 'resources', 'requests')),
    limits: objectOf(at(item, 'resources', 'limits')),
  }));
  const counted = ['cpu', 'memory'];
  const any = amounts.some(({ requests, limits }) =>
    counted.some((name) => requests[name] !== undefined || limits[name] !== undefined),
  );
  if (!any) return 'BestEffort';
  const full = amounts.every(({ requests, limits }) =>
    counted.every((name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name]),
  );
  return full ? 'Guaranteed' : 'Burstable';
}
