/** Addresses of Services, out of 10.96.0.0/16 and fd00:96::/108, and node ports out of 30000-32767. */

/** ServiceFamily is an IP family of the Service network, in the word of `ipFamilies`. */
export type ServiceFamily = 'IPv4' | 'IPv6';

interface Range {
  cidr: string;
  contains(ip: string): boolean;
  /** nth is the address with a number. */
  nth(number: number): string;
}

const RANGES: Record<ServiceFamily, Range> = {
  IPv4: {
    cidr: '10.96.0.0/16',
    contains: (ip) => /^10\.96\.\d{1,3}\.\d{1,3}$/.test(ip),
    nth: (number) => `10.96.${number >> 8}.${number & 255}`,
  },
  IPv6: {
    cidr: 'fd00:96::/108',
    contains: (ip) => /^fd00:96::([0-9a-f]:)?[0-9a-f]{1,4}$/.test(ip),
    nth: (number) => `fd00:96::${number.toString(16)}`,
  },
};

/** What a Service does not ask for comes after the addresses that people choose themselves. */
const FIRST = 256;

/** Addresses gives out cluster addresses and node ports; what is taken is learned from the stored Services. */
export class Addresses {
  /** families are those of the cluster, the first one being the primary. */
  readonly families: readonly ServiceFamily[];
  readonly #ips = new Set<string>();
  readonly #ports = new Set<number>();
  readonly #next: Record<ServiceFamily, number> = { IPv4: FIRST, IPv6: FIRST };
  #nextPort = 30_000;

  constructor(families: readonly ServiceFamily[] = ['IPv4']) {
    this.families = families;
  }

  /** range is the Service network of a family. */
  range(family: ServiceFamily): string {
    return RANGES[family].cidr;
  }

  /** first is the address of the kubernetes Service: the first one of the primary family. */
  first(): string {
    return RANGES[this.families[0] ?? 'IPv4'].nth(1);
  }

  /** contains tells whether an address lies in the Service network of a family that the cluster has. */
  contains(ip: string): boolean {
    return this.families.some((family) => RANGES[family].contains(ip));
  }

  /** take reserves an address; false when it is taken. */
  take(ip: string): boolean {
    if (this.#ips.has(ip)) return false;
    this.#ips.add(ip);
    return true;
  }

  /** ip gives out a free address. */
  ip(family: ServiceFamily): string {
    for (;;) {
      const ip = RANGES[family].nth(this.#next[family]);
      this.#next[family] += 1;
      if (this.take(ip)) return ip;
    }
  }

  /** takePort reserves a node port; false when it is taken. */
  takePort(port: number): boolean {
    if (this.#ports.has(port)) return false;
    this.#ports.add(port);
    return true;
  }

  /** port gives out a free node port. */
  port(): number {
    while (!this.takePort(this.#nextPort)) this.#nextPort += 1;
    return this.#nextPort;
  }

  /** release frees what a deleted Service had. */
  release(ips: string[], ports: number[]): void {
    for (const ip of ips) this.#ips.delete(ip);
    for (const port of ports) this.#ports.delete(port);
  }
}
