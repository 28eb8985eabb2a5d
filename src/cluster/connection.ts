/** How the API server is reached: address, credentials and sockets, kept fresh while files rotate under us. */
import http from 'node:http';
import https from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';

/** Target is one moment's way to the API server. */
export interface Target {
  readonly secure: boolean;
  /** prefix is the path that the server's URL carries, without a slash at its end. */
  readonly prefix: string;
  readonly options: https.RequestOptions;
}

/** loadKubeConfig reads what kubectl would read (KUBECONFIG, ~/.kube/config), or what a Pod is given. */
export function loadKubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}

/** Connection hands out what a request needs. Tokens and certificates that rotate in files are read anew. */
export class Connection {
  readonly #load: () => KubeConfig;
  #config: KubeConfig;
  #identity: object = {};
  #agent: http.Agent | undefined;

  constructor(load: () => KubeConfig) {
    this.#load = load;
    this.#config = load();
  }

  /** reload reads the whole configuration again: what to do when the API server does not know us any more. */
  reload(): void {
    this.#config = this.#load();
  }

  /** renew gives later requests new sockets: what to do when one of the old was silent. Requests under way go on. */
  renew(): void {
    this.#agent = undefined;
  }

  /** target is the way for a request that may share sockets (`pooled`) or keeps one for itself, as a watch does. */
  async target(pooled: boolean): Promise<Target> {
    const cluster = this.#config.getCurrentCluster();
    if (!cluster) throw new Error('The kubeconfig names no cluster for its current context');
    const url = new URL(cluster.server);
    const options: https.RequestOptions = { headers: {} };
    await this.#config.applyToHTTPSOptions(options);
    const secure = url.protocol === 'https:';
    return {
      secure,
      prefix: url.pathname.replace(/\/$/, ''),
      options: {
        ...options,
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
        agent: cluster.proxyUrl ? options.agent : pooled ? this.#pool(secure, options) : false,
      },
    };
  }

  /** close ends every idle socket. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  /** client-node keeps one agent with the certificates of its first day; this one goes when they change. */
  #pool(secure: boolean, { ca, cert, key, servername, rejectUnauthorized }: https.RequestOptions) {
    const identity = { ca, cert, key, servername, rejectUnauthorized };
    if (this.#agent === undefined || !isDeepStrictEqual(identity, this.#identity)) {
      this.#identity = identity;
      this.#agent = secure ? new https.Agent(pooling) : new http.Agent(pooling);
    }
    return this.#agent;
  }
}

/** TCP keep-alive as client-go has it; idle sockets go before load balancers cut them (60 s and more). */
const pooling = {
  keepAlive: true,
  keepAliveMsecs: 30_000,
  maxSockets: 32,
  maxFreeSockets: 8,
  timeout: 50_000,
};
