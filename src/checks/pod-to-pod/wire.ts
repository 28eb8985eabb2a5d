/**
 * The protocol between prober and responder, the same over UDP (one datagram each way) and TCP (one question and one
 * answer on a connection):
 *
 *   question: `NAQ1` · length, 8 digits · nonce, 16 hex · `A` ask or `C` collect · key, 16 hex · prober, 3 digits · spaces
 *   answer:   `NAA1` · length, 8 digits · nonce, 16 hex · JSON · spaces
 *
 * Both have the length that they say, and an answer the length of its question: nothing is amplified. An answer is
 * no question by its first word, so that two responders can never talk to each other. Pure.
 */

import { isObject, isText, isWhole } from '../shape.ts';
import { canonical } from './addresses.ts';

/** headerLength is how many bytes a question's header has. */
export const headerLength = 48;

/** smallest is the length of a small question: every answer fits, and any link takes it in one packet. */
export const smallest = 512;

/** largestDatagram and largestStream bound a question over UDP and TCP, in bytes. */
export const largestDatagram = 16_384;
export const largestStream = 65_536;

const answerPrefix = 28;

/** WireQuestion is one question on the wire. */
export interface WireQuestion {
  /** length is the length of the question and of its answer, in bytes. */
  readonly length: number;
  readonly nonce: string;
  /** kind: Ask wants to know what the responder sees; Collect, what it has heard of `key`. */
  readonly kind: 'Ask' | 'Collect';
  readonly key: string;
  /** prober is the asking prober's index in its plan. */
  readonly prober: number;
}

/** WireView is what a responder says of the question that it got, and who it is. */
export interface WireView {
  readonly nonce: string;
  readonly peer: string;
  readonly peerPort: number;
  /** local is the address at which the question arrived. */
  readonly local: string;
  readonly uid: string;
  readonly pod: string;
  readonly node: string;
  /** heard answers a Collect: one hex digit for each prober, as far as any was heard. */
  readonly heard?: string;
}

/** encodeQuestion gives the bytes of a question, padded to its length. */
export function encodeWireQuestion({ length, nonce, kind, key, prober }: WireQuestion): Buffer {
  const bytes = Buffer.alloc(length, ' ');
  bytes.write(
    `NAQ1${digits(length, 8)}${nonce}${kind === 'Ask' ? 'A' : 'C'}${key}${digits(prober, 3)}`,
    'latin1',
  );
  return bytes;
}

/** readWireQuestion reads the header of a question, undefined for anything else. */
export function readWireQuestion(bytes: Buffer): WireQuestion | undefined {
  const header = /^NAQ1(\d{8})([0-9a-f]{16})([AC])([0-9a-f]{16})(\d{3})$/.exec(
    bytes.toString('latin1', 0, headerLength),
  );
  if (header === null) return undefined;
  const [, length = '', nonce = '', kind = '', key = '', prober = ''] = header;
  return {
    length: Number(length),
    nonce,
    kind: kind === 'A' ? 'Ask' : 'Collect',
    key,
    prober: Number(prober),
  };
}

/**
 * encodeWireAnswer gives an answer of exactly `length` bytes. Names are only for people: they are left out where they
 * do not fit. Undefined when the question was too small for any answer.
 */
export function encodeWireAnswer(view: WireView, length: number): Buffer | undefined {
  const { nonce, peer, peerPort, local, uid, pod, node, heard } = view;
  const needed = { peer, peerPort, local, uid, ...(heard === undefined ? {} : { heard }) };
  const json = [{ ...needed, pod, node }, { ...needed, node }, needed]
    .map((each) => JSON.stringify(each))
    .find((text) => Buffer.byteLength(text) <= length - answerPrefix);
  if (json === undefined) return undefined;
  const bytes = Buffer.alloc(length, ' ');
  bytes.write(`NAA1${digits(length, 8)}${nonce}${json}`);
  return bytes;
}

/** nonceOf reads which question an answer is for, undefined for what is no answer: cheap, for a flood of them. */
export function nonceOf(answer: Buffer): string | undefined {
  const nonce = /^NAA1\d{8}([0-9a-f]{16})$/.exec(answer.toString('latin1', 0, answerPrefix));
  return nonce?.[1];
}

/** readWireAnswer reads an answer, undefined for what is none. A long one may be given without its padding. */
export function readWireAnswer(answer: Buffer): WireView | undefined {
  const nonce = nonceOf(answer);
  const value = nonce === undefined ? undefined : jsonOf(answer.toString('utf8', answerPrefix, 2048));
  if (nonce === undefined || !isObject(value)) return undefined;
  const { peerPort, uid, pod = '', node = '', heard } = value;
  const peer = isText(value.peer, 45) ? canonical(value.peer) : undefined;
  const local = isText(value.local, 45) ? canonical(value.local) : undefined;
  if (peer === undefined || local === undefined || !isWhole(peerPort, 0, 65535)) return undefined;
  if (!isName(uid) || !isName(pod) || !isName(node)) return undefined;
  const view = { nonce, peer, peerPort, local, uid, pod, node };
  return isText(heard, 1000) && /^[0-9a-f]*$/.test(heard) ? { ...view, heard } : view;
}

/** isName tells what can be the name or the uid of an object, and can be shown to people as it is. */
function isName(value: unknown): value is string {
  return isText(value, 253) && /^[A-Za-z0-9.-]*$/.test(value);
}

function jsonOf(padded: string): unknown {
  try {
    return JSON.parse(padded.slice(0, padded.lastIndexOf('}') + 1));
  } catch {
    return undefined;
  }
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
