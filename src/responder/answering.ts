/** What a responder says to a question, whatever it came over: rates, memory, and the view of its peer. */
import { familyOf } from '../checks/pod-to-pod/addresses.ts';
import { heardBit, type Protocol } from '../checks/pod-to-pod/task.ts';
import { encodeWireAnswer, type WireQuestion } from '../checks/pod-to-pod/wire.ts';
import { HeardMemory } from './heard.ts';
import { RateLimit } from './rate.ts';
import type { ResponderSettings } from './settings.ts';

/** Arrival is where a question came from and where it arrived. */
export interface Arrival {
  readonly protocol: Protocol;
  readonly peer: string;
  readonly peerPort: number;
  readonly local: string;
}

/** Answering answers questions. `clock` gives milliseconds that only grow. */
export class Answering {
  readonly #settings: ResponderSettings;
  readonly #clock: () => number;
  readonly #heard = new HeardMemory();
  readonly #rate: RateLimit;

  constructor(settings: ResponderSettings, clock: () => number) {
    this.#settings = settings;
    this.#clock = clock;
    this.#rate = new RateLimit(clock());
  }

  /** allows tells whether a peer may be heard at all now: asked before anything else is done for it. */
  allows(peer: string): boolean {
    return this.#rate.allows(peer, this.#clock());
  }

  /** answer remembers a question and gives the bytes of its answer, undefined when there is none. */
  answer(question: WireQuestion, { protocol, peer, peerPort, local }: Arrival): Buffer | undefined {
    const { uid, pod, node } = this.#settings;
    const view = { nonce: question.nonce, peer, peerPort, local, uid, pod, node };
    const time = this.#clock();
    if (question.kind === 'Collect') {
      return encodeWireAnswer({ ...view, heard: this.#heard.of(question.key, time) }, question.length);
    }
    const bit = heardBit(protocol, familyOf(local) ?? 'IPv4');
    this.#heard.add(question.key, question.prober, bit, time);
    return encodeWireAnswer(view, question.length);
  }
}
