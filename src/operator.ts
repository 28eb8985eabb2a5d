/** The operator's entry point: flags, log, metrics, HTTP server, signals. Wiring only. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { checkOf } from './checks/registry.ts';
import { Connection, loadKubeConfig } from './cluster/connection.ts';
import { createController } from './cluster/controller.ts';
import { clusterDomainOf } from './control/cluster-domain.ts';
import { type OperatorOptions, parseFlags } from './control/flags.ts';
import { errorText } from './control/log.ts';
import { createLog } from './control/winston-log.ts';
import { registerAudits } from './metrics/audits.ts';
import { createControllerMetrics } from './metrics/controller.ts';
import { serve } from './metrics/server.ts';
import { decide } from './plan/decide.ts';
import type { Settings } from './plan/settings.ts';

/** Kubernetes sends SIGKILL 15 s after SIGTERM here; what is not put down by then is not waited for. */
const graceMilliseconds = 12_000;

async function main(given: OperatorOptions): Promise<void> {
  const options = { ...given, settings: settingsOf(given.settings) };
  const log = createLog(options.logLevel);
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error: unknown) => {
      log.error('Ended by a bug', {
        event,
        error: errorText(error),
        stack: error instanceof Error && error.stack,
      });
      process.exitCode = 1;
      setImmediate(() => process.exit(1));
    });
  }
  // The shell's base class reads this variable, and nothing else.
  if (options.kubeconfig !== undefined) process.env.KUBECONFIG = options.kubeconfig;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const controller = createController({
    connection: new Connection(loadKubeConfig),
    options,
    log,
    metrics: createControllerMetrics(registry, options.leaseName),
    decide: (world, now) => decide(world, now, options.settings),
    asksNodes: ({ spec }) => spec.checks.some(({ type }) => checkOf(type).place === 'node'),
  });
  registerAudits(registry, {
    leads: controller.leads,
    audits: () => controller.caches.audits.views(),
    runs: () => controller.caches.runs.views(),
  });
  const { healthy, ready } = controller;
  const server = await serve({ host: options.httpHost, port: options.httpPort, registry, healthy, ready });
  log.info('Started', { port: server.port, identity: options.identity, image: options.settings.image });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('Was asked to end', { signal });
      controller.stop();
      setTimeout(() => process.exit(1), graceMilliseconds).unref();
    });
  }
  await controller.run();
  await server.close();
  log.info('Ended');
}

/** settingsOf asks the Pod's own resolv.conf where no flag says what the cluster's domain is. */
function settingsOf(settings: Settings): Settings {
  if (settings.clusterDomain !== '') return settings;
  return { ...settings, clusterDomain: clusterDomainOf(readFileSync('/etc/resolv.conf', 'utf8')) };
}

const parsed = parseFlags(process.argv.slice(2), process.env, hostname());
switch (parsed.kind) {
  case 'Help':
    process.stdout.write(parsed.text);
    break;
  case 'Problem':
    process.stderr.write(`${parsed.message}\n`);
    process.exitCode = 2;
    break;
  case 'Options':
    main(parsed.options).catch((error: unknown) => {
      process.stderr.write(`${errorText(error)}\n`);
      process.exitCode = 1;
      setImmediate(() => process.exit(1));
    });
}
