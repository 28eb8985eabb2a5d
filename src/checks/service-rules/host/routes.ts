/** The kernel's main routing table: over which interface a packet to an address leaves. */
import { isObject, type JsonObject } from '../../shape.ts';
import { type Bound, boundOf, type Family, setOf } from '../address-set.ts';

/** Routes is the main table of one family. */
export class Routes {
  /** By the length of the prefix, longest first; in each, by its first address. */
  readonly #lengths: (readonly [length: number, byFirst: ReadonlyMap<Bound, Route>])[];
  readonly #family: Family;

  constructor(family: Family, listed: readonly unknown[]) {
    const byLength = new Map<number, Map<Bound, Route>>();
    for (const each of listed) {
      const route = isObject(each) ? routeOf(family, each) : undefined;
      if (route === undefined) continue;
      const same = byLength.get(route.length) ?? new Map<Bound, Route>();
      const known = same.get(route.first);
      if (known === undefined || route.metric < known.metric) same.set(route.first, route);
      byLength.set(route.length, same);
    }
    this.#family = family;
    this.#lengths = [...byLength].sort(([one], [other]) => other - one);
  }

  /** interfaceTo is the interface of the longest prefix; undefined without one, or where there are several. */
  interfaceTo(address: string): string | undefined {
    const bound = boundOf(this.#family, address);
    if (bound === undefined) return undefined;
    for (const [length, routes] of this.#lengths) {
      const route = routes.get(firstOf(this.#family, bound, length));
      if (route !== undefined) return route.device;
    }
    return undefined;
  }

  /** uplink is the interface of the default route. */
  get uplink(): string | undefined {
    const [length, routes] = this.#lengths.at(-1) ?? [];
    return length === 0 ? routes?.values().next().value?.device : undefined;
  }
}

/** Route is one of the table. device is absent where packets go nowhere, or over several interfaces. */
interface Route {
  readonly first: Bound;
  readonly length: number;
  readonly metric: number;
  readonly device?: string;
}

function routeOf(family: Family, listed: JsonObject): Route | undefined {
  const { dst, metric, type } = listed;
  const everywhere = family === 'IPv4' ? '0.0.0.0/0' : '::/0';
  const text = dst === 'default' ? everywhere : dst;
  if (typeof text !== 'string' || isDead(listed)) return undefined;
  const [first] = setOf(family, text)?.bounds ?? [];
  const length = text.includes('/') ? Number(text.slice(text.indexOf('/') + 1)) : widthOf(family);
  if (first === undefined || type === 'throw') return undefined;
  const device = type === undefined || type === 'unicast' ? deviceOf(listed) : undefined;
  return {
    first,
    length,
    metric: typeof metric === 'number' ? metric : 0,
    ...(device === undefined ? {} : { device }),
  };
}

function deviceOf({ dev, nexthops }: JsonObject): string | undefined {
  if (typeof dev === 'string') return dev;
  const hops = (Array.isArray(nexthops) ? nexthops : []).filter(
    (hop: unknown) => isObject(hop) && !isDead(hop),
  );
  const names = new Set<unknown>(hops.map((hop: unknown) => (isObject(hop) ? hop.dev : undefined)));
  const [name] = names;
  return names.size === 1 && typeof name === 'string' ? name : undefined;
}

/** The kernel skips routes over a link that is gone. */
function isDead({ flags }: JsonObject): boolean {
  return Array.isArray(flags) && flags.includes('dead');
}

function widthOf(family: Family): number {
  return family === 'IPv4' ? 32 : 128;
}

function firstOf(family: Family, bound: Bound, length: number): Bound {
  if (typeof bound === 'bigint') {
    const shift = BigInt(widthOf(family) - length);
    return (bound >> shift) << shift;
  }
  const size = 2 ** (32 - length);
  return Math.floor(bound / size) * size;
}
