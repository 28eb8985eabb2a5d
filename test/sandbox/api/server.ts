/** The API server, put together: state, controllers, HTTPS, and what tests do to it. */
import type { Client, PodLogs, PodProxy } from '../client.ts';
import { runAddressRelease, runAggregation } from './aggregation.ts';
import { bootstrap } from './bootstrap.ts';
import { Addresses } from './cluster-ip.ts';
import { runCrds } from './crd-registration.ts';
import { Garbage } from './garbage.ts';
import { InProcessClient } from './in-process.ts';
import { Snapshots } from './list.ts';
import { runNamespaces } from './namespaces.ts';
import { Resources } from './resources.ts';
import { Schemas } from './schemas.ts';
import type { ServerState } from './state.ts';
import { Store } from './store.ts';
import { Tokens } from './tokens.ts';
import { userNamed } from './users.ts';

/** ApiServerOptions say what the server is given. */
export interface ApiServerOptions {
  logs: PodLogs;
  proxy: PodProxy;
  eventWindow?: number;
}

/** ApiServer is a running server. */
export interface ApiServer {
  client(user: string): Client;
  close(): Promise<void>;
}

/** startApiServer */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const state: ServerState = {
    store: new Store(options.eventWindow ?? 10_000),
    resources: new Resources(),
    schemas: new Schemas(),
    tokens: new Tokens(),
    addresses: new Addresses(),
    logs: options.logs,
    proxy: options.proxy,
    caPem: '',
  };
  const stops = [
    runNamespaces(state),
    runCrds(state, () => {}),
    new Garbage(state).run(),
    runAggregation(state),
    runAddressRelease(state),
  ];
  bootstrap(state);
  const snapshots = new Snapshots();
  return {
    client: (user) => new InProcessClient(state, userNamed(user), snapshots, () => {}),
    close: async () => {
      for (const stop of stops) stop();
    },
  };
}
