/** `npm run build`: the three entry points, each as one file that needs nothing but Node, in dist/. */
import { statSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** bundles are the entry points, by the name of what they become: `operator` is src/operator.ts and dist/operator.cjs. */
export const bundles = ['operator', 'probe', 'responder'] as const;

/**
 * bundle writes all bundles into a folder. CommonJS, since it starts faster and dot-i is CommonJS itself. Each file is
 * whole at every moment: Pods of another test's sandbox may be about to start from it.
 */
export async function bundle(folder: string): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: bundles.map((name) => `src/${name}.ts`),
    outdir: folder,
    write: false,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minify: true,
    // Names in stack traces are worth more than the few bytes that they cost.
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'warning',
    alias: { '@kubernetes/client-node': join(root, 'src/cluster/slim-client-node.ts') },
  });
  await Promise.all(outputFiles.map(({ path, contents }) => writeWhole(path, contents)));
}

async function writeWhole(path: string, contents: Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(partial, contents);
  await rename(partial, path);
}

if (import.meta.main) {
  const folder = join(root, 'dist');
  await bundle(folder);
  for (const name of bundles) {
    const bytes = statSync(join(folder, `${name}.cjs`)).size;
    console.log(`dist/${name}.cjs ${Math.ceil(bytes / 1024)} KiB`);
  }
}
