/** The images that the sandbox knows: names for what is on this machine. Nothing is ever pulled. */
import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';

/** Image says what a container of this name is made of. */
export interface Image {
  /** Directories or files of this machine that appear read-only in the container, by their path there. */
  binds: Record<string, string>;
  entrypoint: string[];
  command: string[];
  env: Record<string, string>;
  /** The image's own user and group. */
  user: { uid: number; gid: number };
  workingDir: string;
}

/** NETAUDIT_IMAGE is the name under which the sandbox knows the project's own image. */
export const NETAUDIT_IMAGE = 'ghcr.io/netaudit/netaudit:dev';

/** TOOLS_IMAGE is a Debian with a shell and the network tools, run as root: for Pods of tests. */
export const TOOLS_IMAGE = 'registry.sandbox/tools:1';

const CONTAINER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** defaultImages are the project's image, out of the bundles in `dist`, and the tools image. */
export function defaultImages(node: string, dist: string): Map<string, Image> {
  const base = { binds: { '/usr/local/bin/node': node }, env: { PATH: CONTAINER_PATH }, workingDir: '/' };
  const root = { uid: 0, gid: 0 };
  return new Map<string, Image>([
    [TOOLS_IMAGE, { ...base, entrypoint: [], command: ['/bin/sh'], user: root }],
    [
      NETAUDIT_IMAGE,
      {
        ...base,
        binds: { ...base.binds, '/app': dist },
        entrypoint: [],
        command: ['node', '/app/operator.cjs'],
        env: { ...base.env, NODE_ENV: 'production' },
        user: { uid: 65532, gid: 65532 },
        workingDir: '/app',
      },
    ],
  ]);
}

/** imageID is the digest under which a node reports an image. */
export function imageID(name: string): string {
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}

/** ImageStore is the image store of one node. Removing a name there is the fault "image missing". */
export class ImageStore {
  readonly #images: Map<string, Image>;
  readonly #watchers = new Set<() => void>();

  constructor(images: ReadonlyMap<string, Image>) {
    this.#images = new Map(images);
  }

  /** find resolves to the image, or to undefined when the node does not have it or a part of it is missing. */
  async find(name: string): Promise<Image | undefined> {
    const image = this.#images.get(name);
    if (image === undefined) return undefined;
    const parts = await Promise.allSettled(Object.values(image.binds).map((path) => access(path)));
    return parts.every((part) => part.status === 'fulfilled') ? image : undefined;
  }

  /** remove takes an image from the node and returns what puts it back. */
  remove(name: string): () => void {
    const image = this.#images.get(name);
    this.#images.delete(name);
    return () => {
      if (image !== undefined) this.add(name, image);
    };
  }

  /** add puts an image onto the node; containers that wait for one look again at once. */
  add(name: string, image: Image): void {
    this.#images.set(name, image);
    for (const watcher of this.#watchers) watcher();
  }

  /** changed calls back when an image was added; the returned function ends that. */
  changed(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** names are all that the node has. */
  names(): string[] {
    return [...this.#images.keys()];
  }
}
