/** A flow: one question from a fresh source port, and what became of it. */
import { randomBytes } from 'node:crypto';
import type { WireView } from '../../checks/pod-to-pod/wire.ts';

/** Endpoint is an address and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Answered is an answer, with what this end saw of the flow. */
export interface Answered {
  readonly view: WireView;
  readonly local: Endpoint;
  /** from is where the answer came from. */
  readonly from: string;
  readonly microseconds: number;
}

/** Flow is what became of one flow. */
export type Flow =
  | ({ readonly answered: true } & Answered)
  /** error is `timeout`, `aborted`, or the name of an error of the kernel's. */
  | { readonly answered: false; readonly error: string };

/** FlowQuestion is what a flow asks: everything on the wire but the nonce, which is new for every one. */
export interface FlowQuestion {
  readonly kind: 'Ask' | 'Collect';
  readonly key: string;
  readonly prober: number;
}

/** newNonce makes a nonce that nobody guesses who did not get the question. */
export function newNonce(): string {
  return randomBytes(8).toString('hex');
}

/** errorName is the kernel's name of an error. */
export function errorName(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'Unknown';
}
