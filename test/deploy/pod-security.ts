/** Pod Security's level `restricted`, as far as our Pods could break it. */
import { at, listAt } from './rendered.ts';

/** violationsOf lists what a Pod spec does that `restricted` forbids; the rules are Kubernetes' Pod Security Standards. */
export function violationsOf(pod: unknown): readonly string[] {
  const containers = [...listAt(pod, 'containers'), ...listAt(pod, 'initContainers')];
  return [...podViolations(pod), ...containers.flatMap((container) => containerViolations(pod, container))];
}

function podViolations(pod: unknown): readonly string[] {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => at(pod, field) === true);
  const allowed = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'projected', 'secret'];
  const volumes = listAt(pod, 'volumes').flatMap((volume) =>
    Object.keys(Object(volume)).filter((key) => key !== 'name' && !allowed.includes(key)),
  );
  return [...shared, ...volumes.map((kind) => `volume of ${kind}`)];
}

function containerViolations(pod: unknown, container: unknown): readonly string[] {
  const own = (field: string) => at(container, 'securityContext', field);
  const either = (field: string) => own(field) ?? at(pod, 'securityContext', field);
  const rules: readonly (readonly [string, boolean])[] = [
    ['privileged', own('privileged') !== true],
    ['allowPrivilegeEscalation', own('allowPrivilegeEscalation') === false],
    ['runAsNonRoot', either('runAsNonRoot') === true],
    ['runAsUser', either('runAsUser') !== 0],
    [
      'seccompProfile',
      ['RuntimeDefault', 'Localhost'].includes(String(at(either('seccompProfile'), 'type'))),
    ],
    ['capabilities.drop', listAt(own('capabilities'), 'drop').includes('ALL')],
    [
      'capabilities.add',
      listAt(own('capabilities'), 'add').every((capability) => capability === 'NET_BIND_SERVICE'),
    ],
    ['hostPort', listAt(container, 'ports').every((port) => at(port, 'hostPort') === undefined)],
  ];
  return rules.filter(([, kept]) => !kept).map(([rule]) => `${String(at(container, 'name'))}: ${rule}`);
}
