import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './node/command.ts';
import { namespacesWith, stopNetwork } from './node/network.ts';

/** What the prefixes of sandboxes look like that nobody named: they hold the process id of their owner. */
const OWN_PREFIX = /^nasb(\d+)[a-z]*-/;

let count = 0;

/** newPrefix is a prefix for namespaces that no other sandbox has. */
export function newPrefix(): string {
  const letter = String.fromCharCode('a'.charCodeAt(0) + (count++ % 26));
  return `nasb${process.pid}${letter}-`;
}

function isDead(name: string): boolean {
  const pid = OWN_PREFIX.exec(name)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}

/** deadPrefixes are the prefixes among these names whose owner does not live any more. */
export function deadPrefixes(names: string[]): string[] {
  const dead = names.filter(isDead).map((name) => OWN_PREFIX.exec(name)?.[0] ?? '');
  return [...new Set(dead)];
}

/**
 * endProcesses ends what runs in namespaces of a dead sandbox: a container of another user lives on, because the
 * runtime that dies with the sandbox has no right any more to send it the signal.
 */
async function endProcesses(prefix: string): Promise<void> {
  const namespaces = await namespacesWith(prefix);
  const pids = await Promise.all(namespaces.map((name) => must(['ip', 'netns', 'pids', name])));
  for (const pid of pids.flatMap((text) => text.split('\n')).filter((line) => line !== '')) end(Number(pid));
}

/** A process that has ended meanwhile is no error. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** removeLeftovers takes away what sandboxes left that died: processes, namespaces, directories below `parent`. */
export async function removeLeftovers(parent: string): Promise<string[]> {
  const prefixes = deadPrefixes(await namespacesWith('nasb'));
  await Promise.all(prefixes.map(endProcesses));
  await Promise.all(prefixes.map(stopNetwork));
  const directories = deadPrefixes((await readdir(parent).catch(() => [])).map((name) => `${name}-`));
  const places = directories.map((prefix) => join(parent, prefix.slice(0, -1)));
  await Promise.all(places.map((place) => rm(place, { recursive: true, force: true })));
  return prefixes;
}
