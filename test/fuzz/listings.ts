/** Small listings of nft out of captured ones, whole in themselves, and changes to them. */
import { isObject } from '../../src/checks/shape.ts';
import { type Below, pick, some } from './chance.ts';

/** ListingPool is what listings are made of. */
export interface ListingPool {
  readonly rules: readonly Listed[];
  /** named are tables, chains, sets and maps by what they are called in a table. */
  readonly named: ReadonlyMap<string, Listed>;
  readonly metainfo: unknown;
}

/** Listed is one object of a listing. */
interface Listed {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** poolOf takes listings apart. Of two things with one name the later is kept. */
export function poolOf(texts: readonly string[]): ListingPool {
  const rules: Listed[] = [];
  const named = new Map<string, Listed>();
  let metainfo: unknown;
  for (const object of texts.flatMap(objectsOf)) {
    const [[kind, body] = ['', undefined]] = isObject(object) ? Object.entries(object) : [];
    if (!isObject(body)) continue;
    if (kind === 'metainfo') metainfo = object;
    else if (kind === 'rule') rules.push({ kind, body });
    else named.set(nameOf(body, kind === 'table' ? '' : String(body.name)), { kind, body });
  }
  return { rules, named, metainfo };
}

function objectsOf(text: string): readonly unknown[] {
  const value: unknown = JSON.parse(text);
  return isObject(value) && Array.isArray(value.nftables) ? value.nftables : [];
}

function nameOf({ family, table, name }: Listed['body'], what: string): string {
  return `${family} ${table ?? name} ${what}`;
}

/** listingOf puts a few rules together with all that they refer to. */
export function listingOf(below: Below, pool: ListingPool): unknown {
  const rules = some(below, 6, () => pick(below, pool.rules));
  const needed = new Map<string, Listed>();
  for (const rule of rules) {
    need(nameOf(rule.body, ''), pool, needed);
    need(nameOf(rule.body, String(rule.body.chain)), pool, needed);
    for (const name of referredIn(rule.body.expr)) need(nameOf(rule.body, name), pool, needed);
  }
  const objects = [...needed.values(), ...rules].map(({ kind, body }) => ({ [kind]: body }));
  return { nftables: [pool.metainfo, ...objects] };
}

function need(name: string, pool: ListingPool, needed: Map<string, Listed>): void {
  const listed = pool.named.get(name);
  if (listed === undefined || needed.has(name)) return;
  const { kind, body } = listed;
  const elem = Array.isArray(body.elem) ? body.elem.slice(0, 4) : [];
  needed.set(name, kind === 'set' || kind === 'map' ? { kind, body: { ...body, elem } } : listed);
  for (const other of referredIn(elem)) need(nameOf(body, other), pool, needed);
}

/** The names of chains that packets are sent to, and of sets. */
function referredIn(value: unknown): readonly string[] {
  return (JSON.stringify(value) ?? '').match(/(?<="target":"|"@)[^"]+/g) ?? [];
}

/** changed changes JSON in some places: drops, doubles, or puts in what stands elsewhere. */
export function changed(below: Below, value: unknown, pool: ListingPool, times: number): unknown {
  let json = value;
  for (let count = 0; count < times; count += 1) json = changedOnce(below, json, pool);
  return json;
}

function changedOnce(below: Below, value: unknown, pool: ListingPool): unknown {
  const goOn = below(6) > 0;
  if (Array.isArray(value) && value.length > 0 && goOn) {
    const at = below(value.length);
    const [from, to] = [value.slice(0, at), value.slice(at + 1)];
    if (below(8) === 0) return [...from, ...to];
    if (below(8) === 0) return [...from, value[at], value[at], ...to];
    return [...from, changedOnce(below, value[at], pool), ...to];
  }
  if (isObject(value) && Object.keys(value).length > 0 && goOn) {
    const key = pick(below, Object.keys(value));
    const { [key]: field, ...rest } = value;
    if (below(8) === 0) return rest;
    return { ...rest, [key]: changedOnce(below, field, pool) };
  }
  return odd(below, value, pool);
}

function odd(below: Below, value: unknown, pool: ListingPool): unknown {
  if (typeof value === 'number' && below(2) === 0) return value + below(3) - 1;
  if (typeof value === 'string' && below(2) === 0) return value.slice(0, below(value.length + 1));
  const { expr } = pick(below, pool.rules).body;
  const words = ['', '@', '@s', 'tcp', '10.0.0.1', '::1', -1, 2 ** 32, 0.5, 1e300, null, true, [], {}, expr];
  return below(3) === 0
    ? part(below, expr)
    : pick(
        below,
        words.map((word) => [word]),
      )[0];
}

function part(below: Below, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || below(4) === 0) return value;
  const inside = Object.values(value);
  return inside.length === 0
    ? value
    : part(
        below,
        pick(
          below,
          inside.map((each) => [each]),
        )[0],
      );
}
