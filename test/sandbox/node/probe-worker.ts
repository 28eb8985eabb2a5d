/** The kubelet's probes: one worker for each probe of each running container (pkg/kubelet/prober). */
import type { Container, Probe } from '../kinds.ts';
import type { Asker } from './asker.ts';
import type { RunningContainer } from './container.ts';

/** ProbeKind is which of the three probes a worker carries out. */
export type ProbeKind = 'Readiness' | 'Liveness' | 'Startup';

/** ProbeTarget is the container that is probed, and from where. */
export interface ProbeTarget {
  spec: Container;
  running: RunningContainer;
  podIP: string;
  asker: Asker;
}

/** ProbeHandlers get what a worker finds. */
export interface ProbeHandlers {
  /** The result changed: it has succeeded successThreshold times, or failed failureThreshold times. */
  changed(success: boolean): void;
  /** One attempt failed: it becomes an Unhealthy event. */
  failed(message: string): void;
}

/**
 * Until a readiness or startup probe has succeeded once it is tried this often (milliseconds), so that tests do not
 * wait; its failures still count once a period.
 */
const EAGER = 50;

function portOf(spec: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  return spec.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
}

async function attempt(
  probe: Probe,
  { spec, running, podIP, asker }: ProbeTarget,
): Promise<string | undefined> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) {
    const { path = '/', port, host = podIP, scheme = 'HTTP', httpHeaders = [] } = probe.httpGet;
    const headers = { 'User-Agent': 'kube-probe/1.36', Accept: '*/*' };
    const given = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
    const number = portOf(spec, port);
    const tls = scheme === 'HTTPS';
    const answer = await asker.get({
      host,
      port: number,
      path,
      tls,
      headers: { ...headers, ...given },
      timeout,
    });
    const url = `${scheme.toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${number}${path}`;
    if ('error' in answer) return `Get "${url}": ${answer.error}`;
    const fine = answer.status >= 200 && answer.status < 400;
    return fine ? undefined : `HTTP probe failed with statuscode: ${answer.status}`;
  }
  if (probe.tcpSocket !== undefined) {
    const { host = podIP, port } = probe.tcpSocket;
    return asker.connect(host, portOf(spec, port), timeout);
  }
  const { code, stdout, stderr } = await running.execute(probe.exec?.command ?? [], timeout);
  if (code === 137)
    return `command timed out: "${probe.exec?.command?.join(' ')}" timed out after ${probe.timeoutSeconds ?? 1}s`;
  return code === 0 ? undefined : (stdout + stderr).trimEnd();
}

/** startProbe begins a worker and returns the function that ends it. */
export function startProbe(
  kind: ProbeKind,
  probe: Probe,
  target: ProbeTarget,
  handlers: ProbeHandlers,
): () => void {
  const period = (probe.periodSeconds ?? 10) * 1000;
  const { successThreshold = 1, failureThreshold = 3, initialDelaySeconds = 0 } = probe;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  let result: boolean | undefined;
  let last: boolean | undefined;
  let streak = 0;
  let counted = 0;
  const eager = () => kind !== 'Liveness' && result === undefined;

  const judge = (failure: string | undefined) => {
    const success = failure === undefined;
    if (!success) {
      // Timers may fire a little early.
      if (eager() && Date.now() - counted < period - EAGER / 2) return;
      counted = Date.now();
      handlers.failed(`${kind} probe failed: ${failure}`);
    }
    streak = success === last ? streak + 1 : 1;
    last = success;
    if (streak < (success ? successThreshold : failureThreshold) || result === success) return;
    // A container that was never ready does not become unready.
    if (kind === 'Readiness' && result === undefined && !success) return;
    result = success;
    handlers.changed(success);
  };
  const tick = async () => {
    const failure = await attempt(probe, target).catch((error: Error) => error.message);
    if (ended) return;
    judge(failure);
    if (!ended) timer = setTimeout(tick, eager() ? EAGER : period);
  };
  timer = setTimeout(tick, initialDelaySeconds * 1000);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
