/** The server's own HTTP: health and readiness as CoreDNS answers them, and a door for faults on the loopback. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { DnsFault } from './fault.ts';
import { FAULT_PORT, HEALTH_PORT, READY_PORT } from './ports.ts';
import type { Replica } from './replica.ts';

async function bodyOf(asked: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function faultAsked(replica: Replica, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const name = (asked.url ?? '').slice(1);
  const fault: DnsFault | undefined = asked.method === 'PUT' ? JSON.parse(await bodyOf(asked)) : undefined;
  await replica.fault(name, fault);
  answer.writeHead(204).end();
}

/** serveHttp answers for a replica for as long as the process lives. */
export function serveHttp(replica: Replica): void {
  const paths = (path: string, answer: () => [status: number, text: string]) =>
    createServer((asked, response) => {
      const [status, text] = asked.url === path ? answer() : [404, '404 page not found\n'];
      response.writeHead(status).end(text);
    });
  paths('/health', () => [200, 'OK']).listen(HEALTH_PORT);
  paths('/ready', () => (replica.ready ? [200, 'OK'] : [503, 'kubernetes'])).listen(READY_PORT);
  createServer((asked, answer) => {
    faultAsked(replica, asked, answer).catch((error: unknown) => answer.writeHead(400).end(String(error)));
  }).listen(FAULT_PORT, '127.0.0.1');
}
