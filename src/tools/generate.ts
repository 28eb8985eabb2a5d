/**
 * `npm run generate` writes everything that is generated; `npm run generate -- --check` writes nothing, and fails with
 * the first difference of each file that is out of date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeDrift, driftOf } from './drift.ts';
import { generators } from './generators.ts';

const root = join(import.meta.dirname, '../..');

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const drift = driftOf(generators, read);
if (process.argv.includes('--check')) {
  for (const each of drift) console.error(describeDrift(each));
  if (drift.length > 0) {
    console.error(
      `${drift.length} generated files are out of date: run 'npm run generate' and commit what changes`,
    );
    process.exitCode = 1;
  }
} else {
  for (const { path, text } of drift) {
    write(path, text);
    console.log(`Wrote ${path}`);
  }
}
