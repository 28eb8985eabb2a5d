/** The responder: both protocols at each of its Pod's addresses, also at those that come late. */
import type { Socket } from 'node:dgram';
import type { Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonical } from '../checks/pod-to-pod/addresses.ts';
import { Answering } from './answering.ts';
import type { ResponderSettings } from './settings.ts';
import { serveTCP } from './tcp.ts';
import { serveUDP } from './udp.ts';

/** Log writes one line: a message that begins with a capital letter, and fields. */
export type Log = (message: string, fields: Readonly<Record<string, string | number>>) => void;

/** mostAddresses bounds what is bound: a Pod has two addresses, and a few more on further interfaces. */
const mostAddresses = 16;

/** Responder answers until it is stopped. */
export class Responder {
  readonly #settings: ResponderSettings;
  readonly #log: Log;
  readonly #answering: Answering;
  readonly #datagrams = new Map<string, Socket>();
  readonly #streams = new Map<string, Server>();
  readonly #failing = new Map<string, string>();
  #again: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(settings: ResponderSettings, log: Log, clock: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#log = log;
    this.#answering = new Answering(settings, clock);
  }

  /**
   * start binds what can be bound now, and goes on looking: every second while an address of the Pod is missing (an
   * IPv6 address is not there before its duplicate detection is over), else every ten.
   */
  async start(): Promise<void> {
    if (this.#stopped) return;
    await Promise.all(this.#wanted().map((address) => this.#bind(address)));
    if (!this.#stopped) this.#again = setTimeout(() => void this.start(), this.ready() ? 10_000 : 1_000);
  }

  /** ready tells whether both protocols are bound at every address that the API gave the Pod. */
  ready(): boolean {
    const { addresses } = this.#settings;
    const bound = (address: string) => this.#datagrams.has(address) && this.#streams.has(address);
    return addresses.length > 0 ? addresses.every(bound) : this.#datagrams.size > 0 && this.#streams.size > 0;
  }

  /** stop closes everything; connections in progress may end within two seconds. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#again);
    const servers = [...this.#streams.values()];
    for (const socket of this.#datagrams.values()) socket.close();
    const closed = servers.map((server) => new Promise<void>((done) => server.close(() => done())));
    const late = new Promise<void>((done) => setTimeout(done, 2_000).unref());
    await Promise.race([Promise.all(closed), late]);
  }

  #wanted(): readonly string[] {
    const found = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80:'))
      .flatMap(({ address }) => canonical(address) ?? []);
    return [...new Set([...this.#settings.addresses, ...found])].slice(0, mostAddresses);
  }

  async #bind(address: string): Promise<void> {
    const { port } = this.#settings;
    await this.#hold(this.#datagrams, 'UDP', address, () => serveUDP(address, port, this.#answering));
    await this.#hold(this.#streams, 'TCP', address, () =>
      serveTCP(address, port, this.#answering, () => this.ready()),
    );
  }

  async #hold<T extends Socket | Server>(
    held: Map<string, T>,
    protocol: string,
    address: string,
    serve: () => Promise<T>,
  ): Promise<void> {
    if (held.has(address)) return;
    const place = `${protocol} ${address}`;
    try {
      const served = await serve();
      if (this.#stopped) {
        served.close();
        return;
      }
      held.set(address, served);
      served.once('close', () => held.delete(address));
      this.#failing.delete(place);
      this.#log('Answering', { protocol, address, port: this.#settings.port });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (this.#failing.get(place) !== problem) this.#log('Failed to bind', { protocol, address, problem });
      this.#failing.set(place, problem);
    }
  }
}
