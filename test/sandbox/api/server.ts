/** The API server, put together: state, controllers, HTTPS, and what tests do to it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, PodLogs, PodProxy } from '../client.ts';
import { runAddressRelease, runAggregation } from './aggregation.ts';
import { type Advertised, bootstrap } from './bootstrap.ts';
import { CertificateAuthority } from './certificates.ts';
import { Addresses, type ServiceFamily } from './cluster-ip.ts';
import { runCrds } from './crd-registration.ts';
import { type Failure, Faults } from './faults.ts';
import { Garbage } from './garbage.ts';
import { handle, type Serving } from './http.ts';
import { InProcessClient } from './in-process.ts';
import { kubeconfig } from './kubeconfig.ts';
import { Snapshots } from './list.ts';
import { type Listen, Listeners } from './listeners.ts';
import { runNamespaces } from './namespaces.ts';
import { OpenApi } from './openapi.ts';
import { runQuotas } from './quota.ts';
import { RequestLog } from './request-log.ts';
import { Resources } from './resources.ts';
import { Schemas } from './schemas.ts';
import type { ServerState } from './state.ts';
import { Store } from './store.ts';
import { mintToken, Tokens } from './tokens.ts';
import { userNamed } from './users.ts';

/** ApiServerOptions say where the server listens and what stands behind it. */
export interface ApiServerOptions {
  /** a directory for the certificate authority's certificate (`ca.crt`). */
  dataDir: string;
  /** where to listen; the first one is what `url` and kubeconfigs name. */
  listen: Listen[];
  logs: PodLogs;
  proxy: PodProxy;
  /** DNS names and addresses for the serving certificate, beside localhost and the kubernetes Service. */
  extraSANs?: string[];
  /** the families of the Service network, the primary first; IPv4 alone by default. */
  serviceFamilies?: readonly ServiceFamily[];
  /** where the server is reached from the cluster: what the kubernetes Service's endpoints name. */
  advertise?: Advertised;
  /** how many changes the history keeps for watches that resume; 10,000 by default. */
  eventWindow?: number;
}

/** ApiServerFaults break the server for clients over HTTPS; in-process clients go on. */
export interface ApiServerFaults {
  /** stop refuses all connections, and cuts those that are open. */
  stop(): Promise<void>;
  /** start undoes stop; objects are as they were. */
  start(): Promise<void>;
  /** closeWatches ends every open watch, as a server does that restarts. */
  closeWatches(): void;
  /** failNext makes the next requests fail that match. */
  failNext(failure: Failure): void;
  /** mend forgets failures that were not used. */
  mend(): void;
  /** compact forgets history: older resourceVersions and continue tokens give 410. */
  compact(): void;
}

/** ApiServer is a running server. */
export interface ApiServer {
  /** https://HOST:PORT of the first listener. */
  url: string;
  caPem: string;
  /** kubeconfig is YAML for a user: `admin` (system:masters), a component's, a node's or a ServiceAccount's name. */
  kubeconfig(user: string, url?: string): string;
  /** client answers in process, under a user's name. */
  client(user: string): Client;
  /** serviceAccountToken makes a bearer token bound to a ServiceAccount and, if named, to a Pod. */
  serviceAccountToken(namespace: string, name: string, podName?: string): string;
  requestLog: RequestLog;
  faults: ApiServerFaults;
  close(): Promise<void>;
}

function newState(options: ApiServerOptions, caPem: string): ServerState {
  return {
    store: new Store(options.eventWindow ?? 10_000),
    resources: new Resources(),
    schemas: new Schemas(),
    tokens: new Tokens(),
    addresses: new Addresses(options.serviceFamilies),
    logs: options.logs,
    proxy: options.proxy,
    caPem,
  };
}

const serviceNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

function hostsOf(options: ApiServerOptions, serviceAddress: string): string[] {
  const own = options.listen.flatMap((place) => ('host' in place ? [place.host] : []));
  const all = [
    'localhost',
    '127.0.0.1',
    '::1',
    serviceAddress,
    ...serviceNames,
    ...own,
    ...(options.extraSANs ?? []),
  ];
  return [...new Set(all.filter((host) => host !== '0.0.0.0' && host !== '::'))];
}

async function listen(listeners: Listeners, options: ApiServerOptions): Promise<string> {
  const ports: number[] = [];
  for (const place of options.listen) ports.push(await listeners.add(place));
  const [first] = options.listen;
  const host =
    first && 'host' in first && first.host !== '0.0.0.0'
      ? first.host
      : (options.extraSANs?.[0] ?? '127.0.0.1');
  return `https://${host.includes(':') ? `[${host}]` : host}:${ports[0] ?? 6443}`;
}

function faultsOf(serving: Serving, listeners: Listeners): ApiServerFaults {
  const { faults, watches, snapshots, state } = serving;
  return {
    stop: () => listeners.stop(),
    start: () => listeners.start(),
    closeWatches: () => {
      for (const end of [...watches]) end();
    },
    failNext: (failure) => faults.failNext(failure),
    mend: () => faults.mend(),
    compact: () => {
      state.store.compact();
      snapshots.forget();
    },
  };
}

/** startApiServer starts a server with an empty cluster in it. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const authority = new CertificateAuthority();
  const state = newState(options, authority.certPem);
  const openApi = new OpenApi(() => state.resources.all());
  const stops = [
    runNamespaces(state),
    runCrds(state, () => openApi.changed()),
    new Garbage(state).run(),
    runAggregation(state),
    runAddressRelease(state),
    runQuotas(state),
  ];
  bootstrap(state, options.advertise);
  const log = new RequestLog();
  const serving: Serving = {
    state,
    openApi,
    log,
    snapshots: new Snapshots(),
    faults: new Faults(),
    watches: new Set(),
  };
  const pair = authority.issue('server', 'kube-apiserver', [], hostsOf(options, state.addresses.first()));
  const listeners = new Listeners(
    pair,
    authority.certPem,
    (request, response) => void handle(serving, request, response),
  );
  const url = await listen(listeners, options);
  mkdirSync(options.dataDir, { recursive: true });
  writeFileSync(join(options.dataDir, 'ca.crt'), authority.certPem);
  return {
    url,
    caPem: authority.certPem,
    kubeconfig: (user, at = url) => {
      const { name, groups } = userNamed(user);
      const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
      if (account)
        return kubeconfig(at, authority.certPem, name, {
          token: mintToken(state, account[1] ?? '', account[2] ?? ''),
        });
      const organizations = groups.filter((group) => group !== 'system:authenticated');
      return kubeconfig(at, authority.certPem, name, authority.issue('client', name, organizations));
    },
    client: (user) =>
      new InProcessClient(state, userNamed(user), serving.snapshots, (call, code, started) =>
        log.record(call, code, started),
      ),
    serviceAccountToken: (namespace, name, podName) => mintToken(state, namespace, name, podName),
    requestLog: log,
    faults: faultsOf(serving, listeners),
    close: async () => {
      for (const stop of stops) stop();
      await listeners.close();
    },
  };
}
