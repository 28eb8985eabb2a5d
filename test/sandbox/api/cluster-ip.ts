/** Addresses of Services, out of 10.96.0.0/16, and node ports out of 30000-32767. */

const network = '10.96';

/** Addresses gives out cluster addresses and node ports; what is taken is learned from the stored Services. */
export class Addresses {
  readonly #ips = new Set<string>();
  readonly #ports = new Set<number>();
  #nextIp = 256;
  #nextPort = 30_000;

  /** contains tells whether an address lies in the Service network. */
  contains(ip: string): boolean {
    return /^10\.96\.\d{1,3}\.\d{1,3}$/.test(ip);
  }

  /** take reserves an address; false when it is taken. */
  take(ip: string): boolean {
    if (this.#ips.has(ip)) return false;
    this.#ips.add(ip);
    return true;
  }

  /** ip gives out a free address. */
  ip(): string {
    for (;;) {
      const ip = `${network}.${this.#nextIp >> 8}.${this.#nextIp & 255}`;
      this.#nextIp += 1;
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
