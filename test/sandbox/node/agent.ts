/** Runs in a node's network namespace and asks Pods from there what the kubelet wants to know: its probes and the proxy. */
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';

interface Question {
  id: number;
  kind: 'http' | 'tcp';
  host: string;
  port: number;
  path: string;
  tls: boolean;
  headers: Record<string, string>;
  timeout: number;
}

interface Reply {
  status?: number;
  contentType?: string;
  body?: string;
  error?: string;
}

const BODY_LIMIT = 8 * 1024 * 1024;

function isQuestion(value: unknown): value is Question {
  return typeof value === 'object' && value !== null && 'id' in value && 'kind' in value && 'host' in value;
}

function explain(error: Error & { code?: string }, { host, port }: Question): string {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ETIMEDOUT: 'connect: connection timed out',
  };
  return `dial tcp ${address}: ${reasons[error.code ?? ''] ?? error.message}`;
}

function askTcp(question: Question): Promise<Reply> {
  const { host, port, timeout } = question;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (reply: Reply) => {
      clearTimeout(late);
      socket.destroy();
      resolve(reply);
    };
    const late = setTimeout(() => finish({ error: 'context deadline exceeded' }), timeout);
    socket.on('connect', () => finish({}));
    socket.on('error', (error) => finish({ error: explain(error, question) }));
  });
}

function askHttp(question: Question): Promise<Reply> {
  const { host, port, path, tls, headers, timeout } = question;
  return new Promise((resolve) => {
    const options = { host, port, path, headers, agent: false };
    const asked = tls ? requestTls({ ...options, rejectUnauthorized: false }) : request(options);
    const finish = (reply: Reply) => {
      clearTimeout(late);
      asked.destroy();
      resolve(reply);
    };
    const late = setTimeout(() => finish({ error: 'context deadline exceeded' }), timeout);
    asked.on('error', (error) => finish({ error: explain(error, question) }));
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= BODY_LIMIT) chunks.push(chunk);
      });
      response.on('error', (error) => finish({ error: explain(error, question) }));
      response.on('end', () =>
        finish({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString('base64'),
        }),
      );
    });
    asked.end();
  });
}

process.on('message', (message) => {
  if (!isQuestion(message)) return;
  const ask = message.kind === 'tcp' ? askTcp : askHttp;
  ask(message).then((reply) => process.send?.({ id: message.id, ...reply }));
});
process.on('disconnect', () => process.exit(0));
