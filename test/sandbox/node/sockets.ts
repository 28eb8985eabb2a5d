import { spawn } from 'node:child_process';
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { inNamespace } from './command.ts';

const LISTEN = fileURLToPath(new URL('./listen.ts', import.meta.url));

/**
 * listenIn opens TCP sockets that listen in another network namespace, on each of `addresses`, and returns them as
 * handles that any server of this process can `listen` on.
 */
export function listenIn(namespace: string, addresses: string[], port: number): Promise<Server[]> {
  const [command = 'ip', ...args] = inNamespace(namespace, [
    process.execPath,
    LISTEN,
    `${port}`,
    ...addresses,
  ]);
  return new Promise((resolve, reject) => {
    const servers: Server[] = [];
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('message', (_message, handle) => {
      if (handle instanceof Server) servers.push(handle);
      if (servers.length === addresses.length) child.send('done');
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (servers.length === addresses.length) resolve(servers);
      else reject(new Error(`No socket could be opened in ${namespace} (code ${code}): ${stderr.trim()}`));
    });
  });
}
