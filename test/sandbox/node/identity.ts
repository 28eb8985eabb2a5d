/** Whom a container runs as, by its image and both security contexts. Pure. */
import type { Container, Pod } from '../kinds.ts';
import type { Identity } from './container.ts';
import { ConfigError } from './environment.ts';
import type { Image } from './images.ts';

/** What containerd gives a container that does not say. */
const DEFAULT_CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
];

function capabilities(container: Container): Identity['capabilities'] {
  const { privileged = false, capabilities: wanted } = container.securityContext ?? {};
  if (privileged) return 'ALL';
  const plain = (name: string) => name.toUpperCase().replace(/^CAP_/, '');
  const drop = (wanted?.drop ?? []).map(plain);
  const add = (wanted?.add ?? []).map(plain);
  if (add.includes('ALL')) return 'ALL';
  const kept = drop.includes('ALL') ? [] : DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name));
  return [...new Set([...kept, ...add])];
}

/** identityOf throws a ConfigError when the container must not run as root and would. */
export function identityOf(pod: Pod, container: Container, image: Image): Identity {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const uid = own.runAsUser ?? shared.runAsUser ?? image.user.uid;
  const gid = own.runAsGroup ?? shared.runAsGroup ?? (uid === image.user.uid ? image.user.gid : 0);
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) === true && uid === 0) {
    const { name, namespace, uid: podUid } = pod.metadata;
    const where = `(pod: "${name}_${namespace}(${podUid})", container: ${container.name})`;
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  const { supplementalGroups = [], fsGroup } = shared;
  return {
    uid,
    gid,
    groups: [...new Set([gid, ...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])])],
    capabilities: capabilities(container),
    noNewPrivileges: own.allowPrivilegeEscalation === false,
  };
}
