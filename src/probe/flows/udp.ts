/** Questions over UDP: from an unconnected socket that is bound to an own address, so that every reply is seen. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { encodeWireQuestion, nonceOf, readWireAnswer, type WireView } from '../../checks/pod-to-pod/wire.ts';
import { type Answered, type Endpoint, errorName, type FlowQuestion, newNonce } from './flow.ts';

/** Datagrams is a number of questions of one size, all from one fresh source port. */
export interface Datagrams {
  /** local is the own address to ask from. */
  readonly local: string;
  readonly to: Endpoint;
  readonly ask: FlowQuestion;
  readonly bytes: number;
  readonly count: number;
  /** spacing is how many milliseconds a datagram waits for the one before it to be answered. */
  readonly spacing: number;
  /** timeout in milliseconds, of each datagram. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** connected sockets hear that a port is closed, and nothing from other addresses. */
  readonly connected?: boolean;
}

/** DatagramAnswers are the answers that came in time, each question's first; and the last error, if there was one. */
export interface DatagramAnswers {
  readonly answers: readonly Answered[];
  readonly error: string;
}

/** askDatagrams sends, listens, and ends as soon as everything is answered or too late. It never fails. */
export function askDatagrams(asked: Datagrams): Promise<DatagramAnswers> {
  return new Promise((resolve) => new Exchange(asked, resolve).begin());
}

class Exchange {
  readonly #asked: Datagrams;
  readonly #resolve: (answers: DatagramAnswers) => void;
  readonly #socket: Socket;
  readonly #waiting = new Map<string, number>();
  readonly #answers: Answered[] = [];
  #sent = 0;
  #error = 'timeout';
  #ended = false;
  #next: NodeJS.Timeout | undefined;

  constructor(asked: Datagrams, resolve: (answers: DatagramAnswers) => void) {
    this.#asked = asked;
    this.#resolve = resolve;
    this.#socket = datagramSocket(asked.to.address);
  }

  begin(): void {
    const { local, to, connected = false, signal } = this.#asked;
    if (signal.aborted) {
      this.#end('aborted');
      return;
    }
    signal.addEventListener('abort', this.#abort);
    this.#socket.on('error', (error) => this.#end(errorName(error)));
    this.#socket.on('message', (bytes, from) => this.#receive(bytes, from));
    this.#socket.bind({ address: local, port: 0, exclusive: true }, () => {
      if (!connected) {
        this.#send();
        return;
      }
      this.#socket.once('connect', () => this.#send());
      this.#socket.connect(to.port, to.address);
    });
  }

  readonly #abort = () => this.#end('aborted');

  #send(): void {
    const { ask, bytes, to, count, spacing, timeout, connected = false } = this.#asked;
    if (this.#ended) return;
    clearTimeout(this.#next);
    this.#sent += 1;
    const nonce = newNonce();
    const question = encodeWireQuestion({ ...ask, length: bytes, nonce });
    const sent = (error: Error | null) => {
      if (error === null || this.#ended) return;
      this.#error = errorName(error);
      // In a row this datagram is lost and the next one may not be: no buffer, say.
      if (count === 1) this.#end(this.#error);
    };
    this.#waiting.set(nonce, performance.now());
    if (connected) this.#socket.send(question, sent);
    else this.#socket.send(question, to.port, to.address, sent);
    if (this.#sent < count) this.#next = setTimeout(() => this.#send(), spacing);
    else this.#next = setTimeout(() => this.#end(this.#error), timeout);
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    const now = performance.now();
    const nonce = nonceOf(bytes);
    const start = nonce === undefined ? undefined : this.#waiting.get(nonce);
    if (nonce === undefined || start === undefined || bytes.length > this.#asked.bytes) return;
    const view = readWireAnswer(bytes);
    if (view === undefined) return;
    this.#waiting.delete(nonce);
    if (now - start <= this.#asked.timeout) this.#answers.push(this.#answered(view, from, now - start));
    if (this.#waiting.size > 0) return;
    if (this.#sent < this.#asked.count) this.#send();
    else this.#end(this.#answers.length === this.#sent ? '' : this.#error);
  }

  #answered(view: WireView, from: RemoteInfo, milliseconds: number): Answered {
    const { address, port } = this.#socket.address();
    const microseconds = Math.max(1, Math.round(milliseconds * 1000));
    return { view, local: { address, port }, from: from.address, microseconds };
  }

  #end(error: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#next);
    this.#asked.signal.removeEventListener('abort', this.#abort);
    this.#socket.close();
    this.#resolve({ answers: this.#answers, error });
  }
}

/** datagramSocket makes an unbound socket of the family of an address, and of that family only. */
export function datagramSocket(address: string): Socket {
  return isIPv6(address) ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
}

/** chosenSource learns which own address the kernel would ask a peer from. Nothing is sent. */
export function chosenSource(to: Endpoint): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = datagramSocket(to.address);
    const end = (address: string | undefined) => {
      socket.removeAllListeners('error');
      socket.close();
      resolve(address);
    };
    socket.once('error', () => end(undefined));
    socket.once('connect', () => end(socket.address().address));
    socket.connect(to.port, to.address);
  });
}
