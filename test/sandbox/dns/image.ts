import { join } from 'node:path';
import { build } from 'esbuild';
import type { Image } from '../node/images.ts';
import { COREDNS_IMAGE } from './manifests.ts';

const ENTRY = join(import.meta.dirname, 'server/main.ts');

/**
 * bundleDns makes the DNS server one file in a folder, which it resolves to: as its sources it would start and weigh
 * twice as much.
 */
export async function bundleDns(folder: string): Promise<string> {
  await build({
    entryPoints: [ENTRY],
    outfile: join(folder, 'main.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'warning',
  });
  return folder;
}

/** dnsImage is the image of the DNS server and its name: a bundle, a Node of this machine, and the machine's BIND. */
export function dnsImage(node: string, bundle: string): [name: string, Image] {
  const image: Image = {
    binds: { '/usr/local/bin/node': node, '/dns': bundle },
    entrypoint: ['node', '--max-semi-space-size=1', '/dns/main.mjs'],
    command: [],
    env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    user: { uid: 65532, gid: 65532 },
    workingDir: '/',
  };
  return [COREDNS_IMAGE, image];
}
