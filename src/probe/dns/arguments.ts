/** The command line of one question. Nothing in it is a shell's, and no name is an option. */

import type { Server, TaskLookup, Transport } from '../../checks/dns/task.ts';
import { canonical, familyOf } from '../../checks/pod-to-pod/addresses.ts';

/** Asking is one question as nslookup is to ask it. */
export interface Asking {
  readonly lookup: TaskLookup;
  readonly server: Server;
  readonly transport: Transport;
  /** timeoutSeconds is that of one attempt; there are two. */
  readonly timeoutSeconds: number;
}

/**
 * argumentsOf writes nslookup's arguments. A type that is given is the only one asked for: without one, AAAA follows A.
 * `-retry` counts the attempts, the first one included.
 */
export function argumentsOf({ lookup, server, transport, timeoutSeconds }: Asking): readonly string[] {
  const [, type] = lookup;
  const name = nameOf(lookup);
  // The task was read strictly: this is for whoever changes that.
  if (!/^[A-Za-z0-9_:]/.test(name)) throw new Error('the name to look up could be an option');
  return [
    `-type=${type}`,
    `-timeout=${timeoutSeconds}`,
    '-retry=2',
    ...(transport === 'TCP' ? ['-vc'] : []),
    ...(server.port === 53 ? [] : [`-port=${server.port}`]),
    name,
    ...(server.path === 'ResolvConf' ? [] : [server.address]),
  ];
}

/**
 * nameOf is the name as it is asked for: an address by its reverse name. nslookup would turn an address around for
 * every type; the final dot keeps it from that.
 */
function nameOf([name, type]: TaskLookup): string {
  if (familyOf(name) === undefined) return name;
  return type === 'PTR' ? reverseName(name) : `${name}.`;
}

/** reverseName is the name of the PTR record of an address (RFC 1035 3.5, RFC 3596 2.5), with its final dot. */
export function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').reverse().join('.')}.in-addr.arpa.`;
  const [head = '', tail] = (canonical(address) ?? address).split('::');
  const groups = (text: string | undefined) => (text ?? '').split(':').filter((each) => each !== '');
  const [before, after] = [groups(head), groups(tail)];
  const middle = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const digits = [...before, ...middle, ...after].map((group) => group.padStart(4, '0')).join('');
  return `${digits.split('').reverse().join('.')}.ip6.arpa.`;
}
