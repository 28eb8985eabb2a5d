import { readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * prepared resolves when bubblewrap has made way for what a container runs, or has ended: it tells of its child before
 * the child has its root and its mounts, and what enters it until then sees neither.
 */
export async function prepared(pid: number): Promise<void> {
  // The kernel tells nobody of an exec.
  while ((await executable(pid)).endsWith('/bwrap')) await delay(2);
}

function executable(pid: number): Promise<string> {
  return readlink(`/proc/${pid}/exe`).catch(() => '');
}
