/** What `ip -j` tells of the node's own network: its addresses, and over which interface packets leave. */
import { isObject } from '../../shape.ts';
import { type Bound, boundOf, type Family } from '../address-set.ts';
import { addressText } from '../address-text.ts';
import { Routes } from './routes.ts';

/** HostTexts is what `ip -j addr`, `ip -j route`, `ip -j rule` print, and with `-6` the latter two of IPv6. */
export interface HostTexts {
  readonly addr: string;
  readonly route: string;
  readonly rule: string;
  readonly route6?: string;
  readonly rule6?: string;
}

/** HostNetwork is the node's own network. */
export interface HostNetwork {
  /** addresses are the node's own, canonical, by number, IPv4 first; neither loopback nor link-local. */
  readonly addresses: readonly string[];
  /** uplink is the interface of the default route, where there is one and packets do not choose among several. */
  readonly uplink: Readonly<Partial<Record<Family, string>>>;
  /**
   * outInterface is the interface over which packets to an address leave: `lo` to the node itself. undefined where no
   * route leads there, or several interfaces do, or rules choose among tables by more than the destination.
   */
  outInterface(address: string): string | undefined;
}

/** readHost reads them; undefined where the addresses cannot be read, without which no rule can be judged. */
export function readHost(texts: HostTexts): HostNetwork | undefined {
  const interfaces = listOfJson(texts.addr);
  if (interfaces === undefined || interfaces.length === 0) return undefined;
  const own = ownAddresses(interfaces);
  const local = new Set(own.map(addressText));
  const routes = {
    IPv4: routesOf('IPv4', texts.route, texts.rule),
    IPv6: routesOf('IPv6', texts.route6, texts.rule6),
  };
  const [uplink4, uplink6] = [routes.IPv4?.uplink, routes.IPv6?.uplink];
  return {
    addresses: own.filter((bound) => !isLinkLocal(bound)).map(addressText),
    uplink: {
      ...(uplink4 === undefined ? {} : { IPv4: uplink4 }),
      ...(uplink6 === undefined ? {} : { IPv6: uplink6 }),
    },
    outInterface: (address) => {
      if (local.has(address) || address.startsWith('127.') || address === '::1') return 'lo';
      return routes[address.includes(':') ? 'IPv6' : 'IPv4']?.interfaceTo(address);
    },
  };
}

/** Everything that is not to be loopback: 127.0.0.0/8 and ::1. */
function ownAddresses(interfaces: readonly unknown[]): readonly Bound[] {
  const own = new Set<Bound>();
  for (const each of interfaces) {
    const listed = isObject(each) && Array.isArray(each.addr_info) ? each.addr_info : [];
    for (const address of listed) {
      const text: unknown = isObject(address) ? address.local : undefined;
      if (typeof text !== 'string') continue;
      const bound = boundOf(text.includes(':') ? 'IPv6' : 'IPv4', text);
      if (bound !== undefined && !isLoopback(bound)) own.add(bound);
    }
  }
  return [...own].sort((one, other) => {
    if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1;
    return one < other ? -1 : 1;
  });
}

function isLoopback(bound: Bound): boolean {
  return typeof bound === 'number' ? Math.floor(bound / 2 ** 24) === 127 : bound === 1n;
}

function isLinkLocal(bound: Bound): boolean {
  // 169.254.0.0/16 and fe80::/10.
  return typeof bound === 'number' ? Math.floor(bound / 2 ** 16) === 0xa9fe : bound >> 118n === 0x3fan;
}

/** Without the rules it is not known that the main table decides; with others than the kernel's own, it does not. */
function routesOf(family: Family, route: string | undefined, rule: string | undefined): Routes | undefined {
  const [routes, rules] = [route, rule].map((text) => (text === undefined ? undefined : listOfJson(text)));
  if (routes === undefined || rules === undefined || rules.length === 0) return undefined;
  return rules.every(isUsual) ? new Routes(family, routes) : undefined;
}

function isUsual(rule: unknown): boolean {
  if (!isObject(rule)) return false;
  const { priority, table, src, ...more } = rule;
  const usual = { local: 0, main: 32_766, default: 32_767 };
  return (
    Object.keys(more).length === 0 &&
    src === 'all' &&
    Object.entries(usual).some(([name, at]) => table === name && priority === at)
  );
}

/** `ip` prints nothing at all where there is nothing to tell in one of its versions, else an empty list. */
function listOfJson(text: string): readonly unknown[] | undefined {
  if (text.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
