import { familyOf } from '../service-kinds.ts';
import type { ProxyMode, ProxySettings } from './config.ts';
import { openPorts } from './ports.ts';
import { GATHER, type ProxyOptions, ProxyWork } from './proxy-work.ts';
import { SyncRecord } from './sync-record.ts';
import { addCounters } from './tools.ts';

/** Milliseconds of the default configuration. */
const SYNC_PERIOD = 30_000;

/** KubeProxy writes the rules of one node as the real one does with its default configuration, in one of its modes. */
export class KubeProxy {
  readonly node: string;
  readonly #options: ProxyOptions;
  #mode: ProxyMode;
  #work: ProxyWork | undefined;
  #close: (() => Promise<void>) | undefined;
  #counted = false;

  constructor(options: ProxyOptions) {
    this.node = options.node;
    this.#options = options;
    this.#mode = options.mode ?? 'iptables';
  }

  /** mode is the one it works in, or would if it were started. */
  get mode(): ProxyMode {
    return this.#mode;
  }

  /** start begins to follow the API and to answer on its ports; it resolves when the rules are written for the first time. */
  async start(): Promise<void> {
    if (this.#work !== undefined) return;
    const { namespace, node, clusterCIDRs, nodeIPs, syncPeriod = SYNC_PERIOD } = this.#options;
    const settings: ProxySettings = {
      node,
      mode: this.#mode,
      clusterCIDRs,
      ipv6: familyOf(nodeIPs[0] ?? '') === 'IPv6',
      syncPeriod,
      minSyncPeriod: GATHER,
    };
    const record = new SyncRecord(Date.now());
    const work = new ProxyWork(this.#options, settings, record, this.#count());
    this.#work = work;
    const [close] = await Promise.all([openPorts(namespace, settings, record), work.idle()]);
    this.#close = close;
  }

  /** stop ends the process: nobody answers on its ports, and the rules stay as they are, whatever changes. */
  async stop(): Promise<void> {
    const [work, close] = [this.#work, this.#close];
    this.#work = undefined;
    this.#close = undefined;
    await Promise.all([work?.stop(), close?.()]);
  }

  /** restart ends the process and starts another one, in another mode if one is named. */
  async restart({ mode = this.#mode }: { mode?: ProxyMode } = {}): Promise<void> {
    await this.stop();
    this.#mode = mode;
    await this.start();
  }

  /** idle resolves when every change that was there when it was called is written. */
  async idle(): Promise<void> {
    await this.#work?.idle();
  }

  async #count(): Promise<void> {
    if (this.#counted) return;
    this.#counted = true;
    await addCounters(this.#options.namespace);
  }
}
