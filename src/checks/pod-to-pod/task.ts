/** What one PodToPod probe is asked, and what its responder must know of that. */
import type { Task } from '../check.ts';
import { isList, isText, isWhole } from '../shape.ts';
import { type Family, familyOf } from './addresses.ts';

/** responderPort is the port of the responders, TCP and UDP. */
export const responderPort = 9100;

/** Protocol is a transport protocol. */
export type Protocol = 'TCP' | 'UDP';

/** PodToPodTask is one prober's task. Its questions are targets × addresses × protocols, in that order. */
export interface PodToPodTask {
  /** key names the flows of this run and check at the responders: 16 hex digits. */
  readonly key: string;
  /** prober is this prober's index in the plan. */
  readonly prober: number;
  readonly port: number;
  readonly protocols: readonly Protocol[];
  readonly timeoutMilliseconds: number;
  /** targets are the responders to ask: the uid of the Pod, and its addresses of the families to try. */
  readonly targets: readonly TaskTarget[];
  /** own is the index in `targets` of the responder on this node, -1 when there is none. */
  readonly own: number;
  /** expected is what the own responder should hear in this run: `heardBit`s, one hex digit for each prober. */
  readonly expected: string;
  /** heardWaitMilliseconds is how long to wait for what is expected, when all else is done. */
  readonly heardWaitMilliseconds: number;
}

/** TaskTarget is one responder: the uid of its Pod, then its addresses. */
export type TaskTarget = readonly [uid: string, ...addresses: string[]];

/** heardBit is the bit, in a prober's hex digit, of one protocol and family. */
export function heardBit(protocol: Protocol, family: Family): number {
  return (protocol === 'TCP' ? 1 : 2) << (family === 'IPv4' ? 0 : 2);
}

/** readTask narrows a task, undefined when it is none of PodToPod's. */
export function readTask(task: Task): PodToPodTask | undefined {
  const { key, prober, port, protocols, timeoutMilliseconds, targets, own, expected, heardWaitMilliseconds } =
    task;
  if (!isText(key, 16) || !/^[0-9a-f]{16}$/.test(key)) return undefined;
  if (!isWhole(prober, 0, 999) || !isWhole(port, 1, 65535)) return undefined;
  if (!isList(protocols, 2, isProtocol) || !isWhole(timeoutMilliseconds, 1, 60_000)) return undefined;
  if (!isList(targets, 1000, isTarget) || !isWhole(own, -1, targets.length - 1)) return undefined;
  if (!isText(expected, 1000) || !/^[0-9a-f]*$/.test(expected)) return undefined;
  if (!isWhole(heardWaitMilliseconds, 0, 600_000)) return undefined;
  return { key, prober, port, protocols, timeoutMilliseconds, targets, own, expected, heardWaitMilliseconds };
}

function isProtocol(value: unknown): value is Protocol {
  return value === 'TCP' || value === 'UDP';
}

function isTarget(value: unknown): value is TaskTarget {
  return (
    Array.isArray(value) &&
    value.length <= 3 &&
    isText(value[0], 64) &&
    value.slice(1).every((address: unknown) => isText(address, 45) && familyOf(address) !== undefined)
  );
}
