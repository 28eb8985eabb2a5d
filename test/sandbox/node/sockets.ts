import { spawn } from 'node:child_process';
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { inNamespace } from './command.ts';

const LISTEN = fileURLToPath(new URL('./listen.ts', import.meta.url));

/** Place is where a socket shall listen. */
interface Place {
  host: string;
  port: number;
}

/**
 * listenIn opens TCP sockets that listen in another network namespace and returns them, in the order of `places`, as
 * handles that any server of this process can `listen` on.
 */
export function listenIn(namespace: string, places: readonly Place[]): Promise<Server[]> {
  const words = places.flatMap(({ host, port }) => [`${port}`, host]);
  const [command = 'ip', ...args] = inNamespace(namespace, [process.execPath, LISTEN, ...words]);
  return new Promise((resolve, reject) => {
    const servers = new Map<number, Server>();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('message', (index, handle) => {
      if (handle instanceof Server) servers.set(Number(index), handle);
      if (servers.size === places.length) child.send('done');
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      const found = places.flatMap((_, i) => servers.get(i) ?? []);
      if (found.length === places.length) resolve(found);
      else reject(new Error(`No socket could be opened in ${namespace} (code ${code}): ${stderr.trim()}`));
    });
  });
}
