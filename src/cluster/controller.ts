/** All of the operator between its flags and its HTTP server, put together. */
import { randomUUID } from 'node:crypto';
import type { NetworkAudit } from '../api/v1alpha1/index.ts';
import type { OperatorOptions } from '../control/flags.ts';
import { errorText, type Log } from '../control/log.ts';
import { createReconcile } from '../control/reconcile.ts';
import { Terms } from '../control/term.ts';
import type { ControllerMetrics } from '../metrics/controller.ts';
import type { Decision } from '../plan/actions.ts';
import type { World } from '../plan/world.ts';
import { isWithheld } from './api-error.ts';
import { Applier } from './apply.ts';
import { pause } from './backoff.ts';
import { type Caches, createCaches } from './caches.ts';
import { Client } from './client.ts';
import type { Connection } from './connection.ts';
import { Events } from './events.ts';
import { Evidence } from './evidence.ts';
import { KubeletLeases } from './kubelet-leases.ts';
import { Elector } from './lease.ts';
import { Observer } from './observe.ts';
import { defaultReflectorOptions, type ReflectorOptions } from './reflector.ts';
import { SecondLook } from './second-look.ts';
import { ServicesIndex } from './services-index.ts';
import { Shell } from './shell.ts';
import { wakeOnChange } from './wake.ts';

/** ControllerParts are what differs between the real operator and a test of it. */
export interface ControllerParts {
  readonly connection: Connection;
  readonly options: OperatorOptions;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
  readonly decide: (world: World, now: Date) => Decision;
  /** asksNodes tells whether one of the audit's checks has the place `node`. */
  readonly asksNodes: (audit: NetworkAudit) => boolean;
  /** reflector overrides the times of the watches. */
  readonly reflector?: Partial<ReflectorOptions>;
}

/** Controller is the running operator. */
export interface Controller {
  readonly caches: Caches;
  /** run works until stopped; it rejects only by a bug. */
  readonly run: () => Promise<void>;
  /** stop ends work, gives the Lease back and ends every watch; run resolves then. */
  readonly stop: () => void;
  readonly leads: () => boolean;
  /** ready tells whether the caches are filled: true on a replica that only waits for the Lease, too. */
  readonly ready: () => boolean;
  /** healthy is false when one reconcile takes longer than any can. */
  readonly healthy: () => boolean;
}

/** A run of 200 Jobs against a server that lets every request time out takes seven minutes. */
const wedgedSeconds = 900;

/** createController puts the parts together; nothing runs yet. */
export function createController(parts: ControllerParts): Controller {
  const { connection, options, log, metrics } = parts;
  const { podNamespace, nodeNamespace } = options.settings;
  const client = new Client(connection, {
    timeoutMilliseconds: options.requestTimeoutMilliseconds,
    requested: metrics.requested,
    userAgent: 'netaudit-operator',
  });
  const caches = createCaches({ podNamespace, nodeNamespace });
  const index = new ServicesIndex(caches, options.settings);
  const evidence = new Evidence(client);
  const events = new Events(client, { log, instance: options.identity });
  const leases = new KubeletLeases(client);
  const closingSeconds = options.settings.reportMarginSeconds / 2;
  const secondLook = new SecondLook({ client, caches, log, closingSeconds });
  const observer = new Observer({ caches, evidence, leases, secondLook, index, asksNodes: parts.asksNodes });
  const elector: Elector = new Elector({
    client,
    namespace: podNamespace,
    name: options.leaseName,
    identity: `${options.identity}_${randomUUID()}`,
    times: options,
    log,
    leading: async (signal) => {
      metrics.leading(true);
      await terms.serve(signal);
      metrics.leading(false);
    },
  });
  const { jobCap } = options.settings;
  const applier = new Applier({ client, caches, evidence, events, jobCap, leads: () => elector.leads() });
  const terms = new Terms({
    log,
    queue: { hooks: (queue) => metrics.queue('audits', queue) },
    concurrency: options.concurrency,
    reconcile: createReconcile({
      observe: (audit, now, signal) => observer.observe(audit, now, signal),
      decide: parts.decide,
      apply: (actions, signal) => applier.apply(actions, signal),
      now: () => new Date(),
    }),
    reconciled: metrics.reconciled,
    synced: (signal) => untilSynced(caches, signal),
    keys: () => keysOf(caches),
  });
  wakeOnChange(caches, evidence, (audit, milliseconds) => terms.wake(audit, milliseconds));
  const shell = new Shell(client, caches, reflectorOptions(parts, caches), shellLog(log));
  return {
    caches,
    run: async () => {
      await shell.start();
      await elector.run();
      shell.stop();
      await shell.stopped();
      client.close();
    },
    stop: () => elector.stop(),
    leads: () => elector.leads(),
    ready: () => caches.synced(),
    healthy: () => terms.oldestWorkSeconds() < wedgedSeconds,
  };
}

/** A run without its audit needs an end, too. */
function keysOf({ audits, runs }: Caches): ReadonlySet<string> {
  const named = audits.views().map(({ metadata }) => metadata.name);
  return new Set([...named, ...runs.views().map(({ spec }) => spec.auditName)]);
}

async function untilSynced(caches: Caches, signal: AbortSignal): Promise<void> {
  while (!caches.synced() && !signal.aborted) await pause(50, signal);
}

function reflectorOptions(
  { options, log, metrics, reflector }: ControllerParts,
  caches: Caches,
): ReflectorOptions {
  return {
    ...defaultReflectorOptions,
    limits: { ...defaultReflectorOptions.limits, silenceMilliseconds: options.watchSilenceMilliseconds },
    restarted: metrics.watchRestarted,
    failed: (selection, error, delay) => {
      if (isWithheld(error) && caches.refused(selection) === 'Known') return;
      const { resource, namespace } = selection;
      const milliseconds = Math.round(delay);
      log.warn('Could not follow', {
        resource: resource.plural,
        namespace,
        error: errorText(error),
        milliseconds,
      });
    },
    ...reflector,
  };
}

function shellLog(log: Log) {
  return {
    debug: (message: string) => log.debug(message),
    info: (message: string) => log.info(message),
    warn: (message: string) => log.warn(message),
    error: (message: string) => log.error(message),
  };
}
