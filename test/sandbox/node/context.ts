import type { Client } from '../client.ts';
import type { Pod } from '../kinds.ts';
import type { Recorder } from '../recorder.ts';
import type { Asker } from './asker.ts';
import type { ImageStore } from './images.ts';
import type { References } from './references.ts';
import type { DnsSettings } from './resolver.ts';
import type { RootFs } from './tree.ts';

/** Log writes one line of a component's log. */
export type Log = (message: string, fields: Record<string, unknown>) => void;

/** KubeletContext is what the Pods of one node share. */
export interface KubeletContext {
  node: string;
  /** The node's network namespace. */
  namespace: string;
  /** What the names of all network namespaces of this sandbox start with. */
  prefix: string;
  /** The directory that stands for the node's `/`. */
  root: string;
  /** Where the node's Pods have their directories. */
  podsDirectory: string;
  rootfs: RootFs;
  hostIPs: string[];
  allocatable: Record<string, string>;
  client: Client;
  recorder: Recorder;
  images: ImageStore;
  asker: Asker;
  dns: DnsSettings;
  /** KUBERNETES_SERVICE_HOST and its companions. */
  service: Record<string, string>;
  /** The first and the longest back-off of restarts and image pulls, in milliseconds. */
  backOff: { first: number; cap: number };
  token(namespace: string, serviceAccount: string, pod: string): string | Promise<string>;
  /** online resolves when the kubelet works: at once, unless it has been stopped. */
  online(): Promise<void>;
  log: Log;
}

/** PodSurroundings are what the containers of one Pod share once its network and volumes are there. */
export interface PodSurroundings {
  directory: string;
  /** The network namespace: the Pod's own, or the node's. */
  namespace: string;
  podIPs: string[];
  references: References;
  volumes: ReadonlyMap<string, string>;
  /** pod is the newest that the kubelet has seen. */
  pod(): Pod;
  /** changed is called when a container's view has changed. */
  changed(): void;
}
