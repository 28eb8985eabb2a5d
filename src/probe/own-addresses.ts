/** The addresses that this Pod can ask from, and the MTU of the interface that holds them. */
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { addressOf, canonical, type Family, families, familyOf } from '../checks/pod-to-pod/addresses.ts';
import { datagramSocket } from './flows/udp.ts';

/** OwnAddress is one address of this Pod's. */
export interface OwnAddress {
  readonly family: Family;
  readonly address: string;
}

/**
 * ownAddresses picks, for each family, the address that the API gave the Pod, if a socket can be bound to it; else
 * what an interface has. An IPv6 address whose duplicate detection runs cannot be bound yet: it gets three seconds.
 */
export async function ownAddresses(
  podAddresses: readonly string[],
  signal: AbortSignal,
): Promise<readonly OwnAddress[]> {
  const found = await Promise.all(
    families.map(async (family) => {
      const given = addressOf(podAddresses, family);
      if (given !== undefined && (await bindableSoon(given, signal))) return [{ family, address: given }];
      // Where the API gave addresses, none of another family is a Pod's own.
      if (given === undefined && podAddresses.length > 0) return [];
      const held = interfaceAddresses().find((each) => each.family === family);
      return held === undefined ? [] : [{ family, address: held.address }];
    }),
  );
  return found.flat();
}

/** interfaceMTU reads the MTU of the interface that holds an address, 0 where it cannot be told. */
export async function interfaceMTU(address: string): Promise<number> {
  const [name] =
    Object.entries(networkInterfaces()).find(([, held]) =>
      held?.some((each) => canonical(each.address) === address),
    ) ?? [];
  // An address that no interface lists is one of the loopback's range, or none at all.
  const text = await readFile(`/sys/class/net/${name ?? 'lo'}/mtu`, 'utf8').catch(() => '0');
  const mtu = Number(text);
  return Number.isInteger(mtu) && mtu >= 576 ? mtu : 0;
}

function interfaceAddresses(): readonly OwnAddress[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80:'))
    .flatMap(({ address }) => {
      const family = familyOf(address);
      return family === undefined ? [] : [{ family, address: canonical(address) ?? address }];
    });
}

async function bindableSoon(address: string, signal: AbortSignal): Promise<boolean> {
  for (let tries = 0; tries < 30 && !signal.aborted; tries += 1) {
    if (await bindable(address)) return true;
    if (familyOf(address) === 'IPv4') return false;
    await delay(100, undefined, { signal }).catch(() => {});
  }
  return false;
}

function bindable(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = datagramSocket(address);
    const end = (bound: boolean) => {
      socket.close();
      resolve(bound);
    };
    socket.once('error', () => end(false));
    socket.bind({ address, port: 0 }, () => end(true));
  });
}
