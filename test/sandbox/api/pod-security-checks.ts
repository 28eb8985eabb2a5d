/** The checks of the Pod Security Standards, in the words of k8s.io/pod-security-admission/policy. */
import { at, type JsonObject, numberOf, objectsOf, stringOf, stringsOf } from './json.ts';

/** Violation is one check that a Pod does not pass. */
export interface Violation {
  reason: string;
  detail: string;
}

function containersOf(spec: JsonObject): JsonObject[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => objectsOf(spec[list]));
}

function quoted(names: string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}

function named(containers: JsonObject[]): string {
  return `${containers.length === 1 ? 'container' : 'containers'} ${quoted(containers.map((item) => stringOf(item.name)))}`;
}

function context(container: JsonObject, ...path: string[]) {
  return at(container, 'securityContext', ...path);
}

type Check = (spec: JsonObject) => Violation[];

const hostNamespaces: Check = (spec) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name] === true);
  return used.length > 0
    ? [{ reason: 'host namespaces', detail: used.map((name) => `${name}=true`).join(', ') }]
    : [];
};

const hostPath: Check = (spec) => {
  const names = objectsOf(spec.volumes)
    .filter((volume) => volume.hostPath !== undefined)
    .map((volume) => stringOf(volume.name));
  const word = names.length === 1 ? 'volume' : 'volumes';
  return names.length > 0 ? [{ reason: 'hostPath volumes', detail: `${word} ${quoted(names)}` }] : [];
};

const hostPorts: Check = (spec) => {
  const bad = containersOf(spec).filter((item) =>
    objectsOf(item.ports).some((port) => (numberOf(port.hostPort) ?? 0) !== 0),
  );
  if (bad.length === 0) return [];
  const ports = bad
    .flatMap((item) => objectsOf(item.ports))
    .map((port) => numberOf(port.hostPort) ?? 0)
    .filter(Boolean);
  const all = [...new Set(ports)].sort((a, b) => a - b);
  const uses = bad.length === 1 ? 'uses' : 'use';
  return [
    {
      reason: 'hostPort',
      detail: `${named(bad)} ${uses} ${all.length === 1 ? 'hostPort' : 'hostPorts'} ${all.join(', ')}`,
    },
  ];
};

const privileged: Check = (spec) => {
  const bad = containersOf(spec).filter((item) => context(item, 'privileged') === true);
  return bad.length > 0
    ? [{ reason: 'privileged', detail: `${named(bad)} must not set securityContext.privileged=true` }]
    : [];
};

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

const capabilities: Check = (spec) => {
  const extra = (item: JsonObject) =>
    stringsOf(context(item, 'capabilities', 'add')).filter((name) => !defaultCapabilities.has(name));
  const bad = containersOf(spec).filter((item) => extra(item).length > 0);
  if (bad.length === 0) return [];
  const names = [...new Set(bad.flatMap(extra))].sort();
  const detail = `${named(bad)} must not include ${quoted(names)} in securityContext.capabilities.add`;
  return [{ reason: 'non-default capabilities', detail }];
};

const procMount: Check = (spec) => {
  const bad = containersOf(spec).filter(
    (item) => !['', 'Default'].includes(stringOf(context(item, 'procMount'))),
  );
  return bad.length > 0
    ? [{ reason: 'procMount', detail: `${named(bad)} must not set securityContext.procMount to "Unmasked"` }]
    : [];
};

const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

const sysctls: Check = (spec) => {
  const names = objectsOf(at(spec, 'securityContext', 'sysctls')).map((item) => stringOf(item.name));
  const bad = names.filter((name) => !safeSysctls.has(name));
  return bad.length > 0 ? [{ reason: 'forbidden sysctls', detail: bad.join(', ') }] : [];
};

const seccompUnconfined: Check = (spec) => {
  const details: string[] = [];
  const say = 'must not set securityContext.seccompProfile.type to "Unconfined"';
  if (at(spec, 'securityContext', 'seccompProfile', 'type') === 'Unconfined') details.push(`pod ${say}`);
  const bad = containersOf(spec).filter((item) => context(item, 'seccompProfile', 'type') === 'Unconfined');
  if (bad.length > 0) details.push(`${named(bad)} ${say}`);
  return details.length > 0 ? [{ reason: 'seccompProfile', detail: details.join(', ') }] : [];
};

const escalation: Check = (spec) => {
  const bad = containersOf(spec).filter((item) => context(item, 'allowPrivilegeEscalation') !== false);
  const detail = `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`;
  return bad.length > 0 ? [{ reason: 'allowPrivilegeEscalation != false', detail }] : [];
};

const dropAll: Check = (spec) => {
  const all = containersOf(spec);
  const kept = all.filter((item) => !stringsOf(context(item, 'capabilities', 'drop')).includes('ALL'));
  const extra = (item: JsonObject) =>
    stringsOf(context(item, 'capabilities', 'add')).filter((name) => name !== 'NET_BIND_SERVICE');
  const adding = all.filter((item) => extra(item).length > 0);
  const details: string[] = [];
  if (kept.length > 0) details.push(`${named(kept)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    const names = [...new Set(adding.flatMap(extra))].sort();
    details.push(`${named(adding)} must not include ${quoted(names)} in securityContext.capabilities.add`);
  }
  return details.length > 0 ? [{ reason: 'unrestricted capabilities', detail: details.join('; ') }] : [];
};

const volumeTypes = new Set([
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
  'image',
]);

const volumes: Check = (spec) => {
  const kindOf = (volume: JsonObject) => Object.keys(volume).find((name) => !volumeTypes.has(name));
  const bad = objectsOf(spec.volumes).filter((volume) => kindOf(volume) !== undefined);
  if (bad.length === 0) return [];
  const kinds = [...new Set(bad.map((volume) => kindOf(volume) ?? ''))].sort();
  const one = bad.length === 1;
  const names = quoted(bad.map((volume) => stringOf(volume.name)));
  const detail = `${one ? 'volume' : 'volumes'} ${names} ${one ? 'uses' : 'use'} restricted volume ${kinds.length === 1 ? 'type' : 'types'} ${quoted(kinds)}`;
  return [{ reason: 'restricted volume types', detail }];
};

const nonRoot: Check = (spec) => {
  const pod = at(spec, 'securityContext', 'runAsNonRoot');
  const all = containersOf(spec);
  const explicit = all.filter((item) => context(item, 'runAsNonRoot') === false);
  const implicit = all.filter((item) => context(item, 'runAsNonRoot') === undefined && pod !== true);
  const details: string[] = [];
  if (pod === false && implicit.length > 0)
    details.push('pod must not set securityContext.runAsNonRoot=false');
  if (explicit.length > 0) details.push(`${named(explicit)} must not set securityContext.runAsNonRoot=false`);
  if (pod === undefined && implicit.length > 0)
    details.push(`pod or ${named(implicit)} must set securityContext.runAsNonRoot=true`);
  return details.length > 0 ? [{ reason: 'runAsNonRoot != true', detail: details.join(', ') }] : [];
};

const rootUser: Check = (spec) => {
  const details: string[] = [];
  if (at(spec, 'securityContext', 'runAsUser') === 0) details.push('pod must not set runAsUser=0');
  const bad = containersOf(spec).filter((item) => context(item, 'runAsUser') === 0);
  if (bad.length > 0) details.push(`${named(bad)} must not set runAsUser=0`);
  return details.length > 0 ? [{ reason: 'runAsUser=0', detail: details.join(', ') }] : [];
};

const seccompSet: Check = (spec) => {
  const good = (type: unknown) => type === 'RuntimeDefault' || type === 'Localhost';
  const pod = at(spec, 'securityContext', 'seccompProfile', 'type');
  const all = containersOf(spec);
  const typeOf = (item: JsonObject) => context(item, 'seccompProfile', 'type');
  const explicit = all.filter((item) => typeOf(item) !== undefined && !good(typeOf(item)));
  const implicit = all.filter((item) => typeOf(item) === undefined && !good(pod));
  const details: string[] = [];
  if (pod !== undefined && !good(pod))
    details.push(`pod must not set securityContext.seccompProfile.type to ${JSON.stringify(pod)}`);
  if (explicit.length > 0)
    details.push(
      `${named(explicit)} must not set securityContext.seccompProfile.type to ${JSON.stringify(explicit.map(typeOf)[0])}`,
    );
  if (pod === undefined && implicit.length > 0) {
    details.push(
      `pod or ${named(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
    );
  }
  return details.length > 0 ? [{ reason: 'seccompProfile', detail: details.join(', ') }] : [];
};

function all(checks: Check[], spec: JsonObject): Violation[] {
  return checks.flatMap((check) => check(spec));
}

/** baselineViolations are those of the baseline level. */
export function baselineViolations(spec: JsonObject): Violation[] {
  return all(
    [capabilities, hostNamespaces, hostPath, hostPorts, privileged, procMount, seccompUnconfined, sysctls],
    spec,
  );
}

/** restrictedViolations are those of the restricted level; its stricter checks stand in for the baseline's. */
export function restrictedViolations(spec: JsonObject): Violation[] {
  const kept = [hostNamespaces, hostPorts, privileged, procMount, sysctls];
  return all([...kept, escalation, dropAll, volumes, nonRoot, rootUser, seccompSet], spec);
}
