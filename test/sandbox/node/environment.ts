/** A container's environment and arguments, as the kubelet makes them (pkg/kubelet/kubelet_pods.go). Pure. */
import { quantityNano } from '../api/quantity.ts';
import type { Container, EnvVar, Pod } from '../kinds.ts';

/** Sources are what an environment may refer to besides the Pod itself. */
export interface Sources {
  podIPs: string[];
  hostIPs: string[];
  nodeName: string;
  /** The kubelet's own variables, such as KUBERNETES_SERVICE_HOST: the container's own win over them. */
  service: Record<string, string>;
  /** What the node can give at most: the limit of a container that has none. */
  allocatable: Record<string, string>;
  configMap(name: string): Record<string, string> | undefined;
  secret(name: string): Record<string, string> | undefined;
}

/** ConfigError is a CreateContainerConfigError: the container cannot be made until the API says something else. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * expand replaces $(NAME) by the variable's value; unknown names stay as they are, and $$ is a dollar sign
 * (third_party/forked/golang/expansion).
 */
export function expand(text: string, variables: Record<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(variables, name) ? (variables[name] ?? '') : whole;
  });
}

/** fieldValue is what a fieldRef of the downward API says; undefined for a path that does not exist. */
export function fieldValue(
  pod: Pod,
  path: string,
  sources: Omit<Sources, 'configMap' | 'secret'>,
): string | undefined {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) {
    const map = keyed[1] === 'labels' ? metadata.labels : metadata.annotations;
    return map?.[keyed[2] ?? ''] ?? '';
  }
  const lines = (map: Record<string, string> = {}) =>
    Object.entries(map)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .join('\n');
  const values: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'metadata.labels': lines(metadata.labels),
    'metadata.annotations': lines(metadata.annotations),
    'spec.nodeName': sources.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'status.hostIP': sources.hostIPs[0] ?? '',
    'status.hostIPs': sources.hostIPs.join(','),
    'status.podIP': sources.podIPs[0] ?? '',
    'status.podIPs': sources.podIPs.join(','),
  };
  return values[path];
}

/** resourceValue is what a resourceFieldRef says: rounded up to whole divisors. */
export function resourceValue(
  container: Container,
  reference: { resource: string; divisor?: string },
  allocatable: Record<string, string>,
): string {
  const [kind = '', name = ''] = reference.resource.split('.');
  const own = kind === 'limits' ? container.resources?.limits : container.resources?.requests;
  const value = own?.[name] ?? (kind === 'limits' ? allocatable[name] : undefined) ?? '0';
  const divisor = reference.divisor === undefined || reference.divisor === '0' ? '1' : reference.divisor;
  const by = quantityNano(divisor) ?? 1_000_000_000n;
  return `${((quantityNano(`${value}`) ?? 0n) + by - 1n) / by}`;
}

function fromSource(pod: Pod, container: Container, variable: EnvVar, sources: Sources): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  if (fieldRef !== undefined) {
    const value = fieldValue(pod, fieldRef.fieldPath, sources);
    if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef !== undefined) {
    const named =
      pod.spec.containers.find(({ name }) => name === resourceFieldRef.containerName) ?? container;
    return resourceValue(named, resourceFieldRef, sources.allocatable);
  }
  const [kind, reference] = configMapKeyRef
    ? (['configmap', configMapKeyRef] as const)
    : (['secret', secretKeyRef] as const);
  if (reference === undefined) return '';
  const name = reference.name ?? '';
  const data = kind === 'configmap' ? sources.configMap(name) : sources.secret(name);
  const value = data?.[reference.key];
  if (value !== undefined || reference.optional === true) return value;
  if (data === undefined) throw new ConfigError(`${kind} "${name}" not found`);
  const what = kind === 'configmap' ? 'ConfigMap' : 'Secret';
  throw new ConfigError(`couldn't find key ${reference.key} in ${what} ${pod.metadata.namespace}/${name}`);
}

function imported(container: Container, sources: Sources): Record<string, string> {
  const result: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const name = configMapRef?.name ?? secretRef?.name ?? '';
    const data = configMapRef ? sources.configMap(name) : sources.secret(name);
    if (data === undefined && (configMapRef ?? secretRef)?.optional !== true) {
      throw new ConfigError(`${configMapRef ? 'configmap' : 'secret'} "${name}" not found`);
    }
    for (const [key, value] of Object.entries(data ?? {})) result[prefix + key] = value;
  }
  return result;
}

/** environment is the whole environment of a container, on top of its image's. It throws a ConfigError. */
export function environment(
  pod: Pod,
  container: Container,
  image: Record<string, string>,
  sources: Sources,
): Record<string, string> {
  const own = imported(container, sources);
  const known = { ...sources.service, ...own };
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? expand(variable.value ?? '', known)
        : fromSource(pod, container, variable, sources);
    if (value === undefined) continue;
    own[variable.name] = value;
    known[variable.name] = value;
  }
  return { ...image, HOSTNAME: pod.spec.hostname ?? pod.metadata.name ?? '', ...sources.service, ...own };
}
