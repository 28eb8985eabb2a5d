import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inNamespace } from './command.ts';

const AGENT = fileURLToPath(new URL('./agent.ts', import.meta.url));

/** HttpQuestion is one GET from the node to a Pod. */
export interface HttpQuestion {
  host: string;
  port: number;
  path: string;
  tls: boolean;
  headers: Record<string, string>;
  /** Milliseconds. */
  timeout: number;
}

/** HttpAnswer is what came back, or why nothing did. */
export type HttpAnswer = { status: number; contentType: string; body: Buffer } | { error: string };

type Reply = Record<string, unknown>;

/** Asker sends HTTP and TCP questions from inside a node's network namespace: one child for each node does it. */
export class Asker {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #next = 1;
  #ended = false;

  constructor(namespace: string) {
    const [command = 'ip', ...args] = inNamespace(namespace, [
      process.execPath,
      '--max-old-space-size=32',
      AGENT,
    ]);
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message: Reply) => {
      const id = Number(message.id);
      this.#waiting.get(id)?.(message);
      this.#waiting.delete(id);
    });
    const end = () => {
      this.#ended = true;
      for (const answer of this.#waiting.values()) answer({ error: 'the node is going away' });
      this.#waiting.clear();
    };
    this.#child.on('error', end);
    this.#child.on('exit', end);
  }

  #ask(question: object): Promise<Reply> {
    if (this.#ended) return Promise.resolve({ error: 'the node is going away' });
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, ...question });
    });
  }

  /** get asks over HTTP. */
  async get(question: HttpQuestion): Promise<HttpAnswer> {
    const { error, status, contentType, body } = await this.#ask({ kind: 'http', ...question });
    if (typeof error === 'string') return { error };
    return {
      status: Number(status),
      contentType: String(contentType),
      body: Buffer.from(String(body), 'base64'),
    };
  }

  /** connect opens a TCP connection; it resolves to undefined, or to why it could not. */
  async connect(host: string, port: number, timeout: number): Promise<string | undefined> {
    const { error } = await this.#ask({
      kind: 'tcp',
      host,
      port,
      timeout,
      path: '',
      tls: false,
      headers: {},
    });
    return typeof error === 'string' ? error : undefined;
  }

  /** stop ends the child. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await exited;
  }
}
