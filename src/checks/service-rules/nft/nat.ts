/** nftables' statements that replace addresses. */
import { isObject, type JsonObject } from '../../shape.ts';
import type { Target } from '../model.ts';
import { canonicalOf } from './elements.ts';
import { cutJson, insideOf, soleOf } from './json.ts';
import { chosen, elementsOf, takenApart } from './lookup.ts';
import { chanceOf, choiceOf } from './random.ts';
import type { Scope, Way } from './scope.ts';

/** natWays are the ways of a statement that replaces addresses; undefined where it is not understood. */
export function natWays(scope: Scope, kind: string, body: unknown): readonly Way[] | undefined {
  const options = isObject(body) ? body : {};
  switch (kind) {
    case 'masquerade':
      return [[{ action: 'masquerade' }]];
    case 'snat':
      return [[...forFamily(scope, options), { action: 'snat', text: cutJson(body, 120) }]];
    case 'redirect':
      if (options.port === undefined) return [[{ action: 'redirect' }]];
      return isPort(options.port) ? [[{ action: 'redirect', port: options.port }]] : undefined;
    default:
      return destinationWays(scope, options)?.map((way) => [...forFamily(scope, options), ...way]);
  }
}

/** A table for both families says which one a statement is for. */
function forFamily(scope: Scope, { family }: JsonObject): Way {
  return family === undefined || scope.isFamily(family) ? [] : [scope.never];
}

function destinationWays(scope: Scope, options: JsonObject): readonly Way[] | undefined {
  const map =
    insideOf(options.addr, 'map') ?? (options.addr === undefined ? insideOf(options.port, 'map') : undefined);
  if (map === undefined) {
    const target = targetOf(options.addr, options.port);
    return target && [[{ action: 'dnat', targets: [target] }]];
  }
  const port = options.addr === undefined ? undefined : options.port;
  const elements = elementsOf(scope, map.data);
  if (insideOf(map.key, 'numgen') !== undefined) return choiceWays(scope, map.key, elements, port);
  return takenApart(scope, map.key, elements, (value) => {
    const target = givenOf(value, port);
    return target && [{ action: 'dnat', targets: [target] }];
  });
}

function choiceWays(
  scope: Scope,
  key: unknown,
  elements: readonly unknown[],
  port: unknown,
): readonly Way[] | undefined {
  const uniform = chanceOf(key);
  const choice = uniform && choiceOf(uniform, elements);
  if (choice === undefined) return undefined;
  const targets: Target[] = [];
  for (const value of choice.values) {
    const target = givenOf(value, port);
    if (target === undefined) return undefined;
    targets.push(target);
  }
  if (targets.length === 0) return [[scope.never]];
  return [[...chosen(choice.probability), { action: 'dnat', targets }]];
}

/** What a map gives is an address, a port, or both. */
function givenOf(value: unknown, port: unknown): Target | undefined {
  const [kind, parts] = soleOf(value) ?? [];
  if (kind !== 'concat')
    return typeof value === 'number' ? targetOf(undefined, value) : targetOf(value, port);
  return Array.isArray(parts) && parts.length === 2 ? targetOf(parts[0], parts[1]) : undefined;
}

function targetOf(addr: unknown, port: unknown): Target | undefined {
  const address = canonicalOf(addr);
  if (addr !== undefined && address === undefined) return undefined;
  if (port === undefined) return address === undefined ? undefined : { address };
  if (!isPort(port)) return undefined;
  return address === undefined ? { port } : { address, port };
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535;
}
