/** The baseline level of the Pod Security Standards, in the words of k8s.io/pod-security-admission/policy. */
import { at, type JsonObject, numberOf, objectsOf, stringOf, stringsOf } from './json.ts';

import {
  all,
  type Check,
  containersOf,
  context,
  named,
  quoted,
  type Violation,
} from './pod-security-checks.ts';

/** hostNamespaces is a check that the restricted level keeps. */
export const hostNamespaces: Check = (spec) => {
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

/** hostPorts is a check that the restricted level keeps. */
export const hostPorts: Check = (spec) => {
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

/** privileged is a check that the restricted level keeps. */
export const privileged: Check = (spec) => {
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

/** procMount is a check that the restricted level keeps. */
export const procMount: Check = (spec) => {
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

/** sysctls is a check that the restricted level keeps. */
export const sysctls: Check = (spec) => {
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

/** baselineViolations are those of the baseline level. */
export function baselineViolations(spec: JsonObject): Violation[] {
  return all(
    [capabilities, hostNamespaces, hostPath, hostPorts, privileged, procMount, seccompUnconfined, sysctls],
    spec,
  );
}
