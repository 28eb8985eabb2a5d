import type { EndpointSlice, Service } from '../../service-kinds.ts';
import { type DnsFault, lying, together } from './fault.ts';
import { Named } from './named.ts';
import { Nsupdate } from './nsupdate.ts';
import { type Records, recordsOf, type Zones } from './records.ts';
import { Relay } from './relay.ts';
import { updates } from './update.ts';

const PORT = 53;
/** Where the server is when something stands before it. */
const HIDDEN_PORT = 5353;

/** ReplicaOptions are what one replica is made of. */
export interface ReplicaOptions extends Zones {
  directory: string;
  /** The cluster address of the DNS Service. */
  address: string;
}

/** Replica is one replica of the cluster's DNS: what it answers follows from the objects and the faults it is given. */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #failed: (error: unknown) => void;
  readonly #faults = new Map<string, DnsFault>();
  #services: ReadonlyMap<string, Service> | undefined;
  #slices: ReadonlyMap<string, EndpointSlice> | undefined;
  #applied: Records = new Map();
  #named: Named | undefined;
  #nsupdate: Nsupdate | undefined;
  #relay: Relay | undefined;
  /** What is under way: starts and updates come one after the other. */
  #work: Promise<void> = Promise.resolve();
  #stale = false;
  #ready = false;

  /** failed is called when the replica is of no more use. */
  constructor(options: ReplicaOptions, failed: (error: unknown) => void) {
    this.#options = options;
    this.#failed = failed;
    this.#then(() => this.#start());
  }

  /** ready tells whether all that the API said at first has been applied. */
  get ready(): boolean {
    return this.#ready;
  }

  /** services and slices take the objects as they are now. */
  services(objects: ReadonlyMap<string, Service>): void {
    this.#services = objects;
    this.#changed();
  }

  slices(objects: ReadonlyMap<string, EndpointSlice>): void {
    this.#slices = objects;
    this.#changed();
  }

  /** fault breaks something under a name, or mends it; it resolves when the replica answers that way. */
  async fault(name: string, fault: DnsFault | undefined): Promise<void> {
    const before = JSON.stringify(together(this.#faults.values()));
    if (fault === undefined) this.#faults.delete(name);
    else this.#faults.set(name, fault);
    if (JSON.stringify(together(this.#faults.values())) !== before) {
      this.#then(async () => {
        await this.#stop();
        await this.#start();
      });
    }
    this.#changed();
    await this.#work;
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work);
    this.#work.catch(this.#failed);
  }

  /** Changes that come while one is written are written together. */
  #changed(): void {
    if (this.#stale) return;
    this.#stale = true;
    this.#then(() => this.#sync());
  }

  async #sync(): Promise<void> {
    this.#stale = false;
    if (this.#services === undefined || this.#slices === undefined) return;
    const objects = { services: this.#services.values(), slices: this.#slices.values() };
    const truth = recordsOf(objects, this.#options);
    const wanted = lying(truth, this.#faults.values(), this.#options.ttl);
    await this.#nsupdate?.send(updates(this.#applied, wanted, this.#served()));
    this.#applied = wanted;
    if (!this.#ready) console.log('[INFO] plugin/kubernetes: Applied what the API says');
    this.#ready = true;
  }

  #zones(): string[] {
    return [this.#options.domain, ...this.#options.reverse];
  }

  #served(): string[] {
    const { broken } = together(this.#faults.values());
    return this.#zones().filter((zone) => !broken.includes(zone));
  }

  async #start(): Promise<void> {
    const { refuse, broken, delay, garbage } = together(this.#faults.values());
    const hidden = delay > 0 || garbage !== undefined;
    const port = hidden ? HIDDEN_PORT : PORT;
    const { directory, address, ttl } = this.#options;
    const zones = this.#zones();
    this.#named = await Named.start({ directory, zones, address, ttl, port, hidden, refuse, broken });
    this.#named.died.catch(this.#failed);
    this.#nsupdate = new Nsupdate(port);
    this.#applied = new Map();
    if (hidden) this.#relay = await Relay.start({ delay, garbage, behind: port });
    this.#changed();
  }

  async #stop(): Promise<void> {
    this.#nsupdate?.stop();
    await Promise.all([this.#named?.stop(), this.#relay?.stop()]);
    this.#relay = undefined;
  }
}
