/** The restricted level of the Pod Security Standards, in the words of k8s.io/pod-security-admission/policy. */
import { at, type JsonObject, objectsOf, stringOf, stringsOf } from './json.ts';
import { hostNamespaces, hostPorts, privileged, procMount, sysctls } from './pod-security-baseline.ts';
import {
  all,
  type Check,
  containersOf,
  context,
  named,
  quoted,
  type Violation,
} from './pod-security-checks.ts';

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

/** restrictedViolations are those of the restricted level; its stricter checks stand in for the baseline's. */
export function restrictedViolations(spec: JsonObject): Violation[] {
  const kept = [hostNamespaces, hostPorts, privileged, procMount, sysctls];
  return all([...kept, escalation, dropAll, volumes, nonRoot, rootUser, seccompSet], spec);
}
