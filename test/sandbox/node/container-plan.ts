import { join } from 'node:path';
import type { Container } from '../kinds.ts';
import type { ContainerPlan } from './container.ts';
import type { KubeletContext, PodSurroundings } from './context.ts';
import { environment, expand, type Sources } from './environment.ts';
import { identityOf } from './identity.ts';
import type { Image } from './images.ts';
import { hostsFile, resolvConf } from './resolver.ts';
import { mounts, parents } from './volumes.ts';

/** sourcesOf are what environments and volumes of a Pod may refer to. */
export function sourcesOf(
  context: KubeletContext,
  { podIPs, references }: Pick<PodSurroundings, 'podIPs' | 'references'>,
): Sources {
  return {
    podIPs,
    hostIPs: context.hostIPs,
    nodeName: context.node,
    service: context.service,
    allocatable: context.allocatable,
    configMap: (name) => references.configMaps.get(name),
    secret: (name) => references.secrets.get(name),
  };
}

/** command is what a container runs: command and args of the Pod replace those of the image, with $(VAR) expanded. */
export function command(container: Container, image: Image, variables: Record<string, string>): string[] {
  const own = (words: string[]) => words.map((word) => expand(word, variables));
  const entrypoint = container.command === undefined ? image.entrypoint : own(container.command);
  if (container.args !== undefined) return [...entrypoint, ...own(container.args)];
  return container.command === undefined ? [...entrypoint, ...image.command] : entrypoint;
}

/** containerPlan puts together one run of a container; it throws a ConfigError for what the Pod asks wrongly. */
export async function containerPlan(
  context: KubeletContext,
  surroundings: PodSurroundings,
  container: Container,
  image: Image,
  restart: number,
): Promise<ContainerPlan> {
  const pod = surroundings.pod();
  const variables = environment(pod, container, image.env, sourcesOf(context, surroundings));
  const binds = Object.entries(image.binds).flatMap(([path, source]) => [
    ...parents(path),
    '--ro-bind',
    source,
    path,
  ]);
  return {
    directory: join(surroundings.directory, 'containers', container.name, `${restart}`),
    namespace: surroundings.namespace,
    hostname: pod.spec.hostNetwork === true ? context.node : (pod.spec.hostname ?? pod.metadata.name ?? ''),
    argv: command(container, image, variables),
    environment: variables,
    workingDir: container.workingDir ?? image.workingDir,
    identity: identityOf(pod, container, image),
    readOnlyRoot: container.securityContext?.readOnlyRootFilesystem === true,
    rootfs: context.rootfs,
    binds,
    volumes: await mounts(container, surroundings.volumes),
    files: {
      'resolv.conf': resolvConf(pod, context.dns),
      hosts: hostsFile(pod, surroundings.podIPs),
    },
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
  };
}
