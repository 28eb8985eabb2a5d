/** One HTTP exchange, below everything that Kubernetes is. */
import type http from 'node:http';
import type { Readable } from 'node:stream';
import { ConnectionError } from './api-error.ts';

/** StaleSocket is a reset of a socket that was idle before: the server closed it just as it was taken. */
export class StaleSocket extends Error {}

/** once sends a request and resolves to the response's headers, its body still to be read. */
export function once(request: http.ClientRequest, body: string | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(stale ? new StaleSocket(error.message, { cause: error }) : error);
    });
    request.end(body);
  });
}

/** collect reads a body up to a bound; what is beyond it is left out (`cut`) or an error (`refuse`). */
export async function collect(body: Readable, maxBytes: number, beyond: 'cut' | 'refuse'): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes && beyond === 'refuse')
      throw new ConnectionError(`The answer has over ${maxBytes} bytes`);
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}
