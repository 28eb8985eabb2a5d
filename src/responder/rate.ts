/** How much a responder does for anybody: a bucket of tokens for each peer, and one for all of them. */

/** rates are tokens a second and how many may be saved up: far above what probes ask, far below what hurts a node. */
const rates = {
  all: { perSecond: 20_000, burst: 40_000 },
  peer: { perSecond: 1_000, burst: 4_000 },
  peers: 1024,
};

/** Bucket fills with time. */
interface Bucket {
  tokens: number;
  time: number;
}

/** RateLimit says of each question whether it may be answered. Bounded: the peer that was silent longest is forgotten. */
export class RateLimit {
  readonly #all: Bucket;
  readonly #peers = new Map<string, Bucket>();

  constructor(time: number) {
    this.#all = { tokens: rates.all.burst, time };
  }

  /** allows takes a token of the peer's and of everybody's. */
  allows(peer: string, time: number): boolean {
    const bucket = this.#peers.get(peer) ?? { tokens: rates.peer.burst, time };
    this.#peers.delete(peer);
    this.#peers.set(peer, bucket);
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > rates.peers && oldest !== undefined) this.#peers.delete(oldest);
    return take(bucket, rates.peer, time) && take(this.#all, rates.all, time);
  }

  /** size is how many peers are remembered. */
  get size(): number {
    return this.#peers.size;
  }
}

function take(
  bucket: Bucket,
  rate: { readonly perSecond: number; readonly burst: number },
  time: number,
): boolean {
  const gained = (Math.max(0, time - bucket.time) / 1000) * rate.perSecond;
  bucket.tokens = Math.min(rate.burst, bucket.tokens + gained);
  bucket.time = time;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
