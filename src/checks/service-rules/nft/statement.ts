/** Statements of nftables' rules → ways of the model. */
import { isObject, type JsonObject } from '../../shape.ts';
import { cutJson, insideOf, soleOf } from './json.ts';
import type { ListedChain } from './listing.ts';
import { verdictWays } from './lookup.ts';
import { bitsOf } from './mark.ts';
import { matchWays } from './match.ts';
import { natWays } from './nat.ts';
import type { Scope, Way } from './scope.ts';
import { selectorOf } from './selector.ts';
import { verdictOf } from './verdict.ts';

/** Statements after which a packet is what it was: they count, log, copy, or set what no rule here asks for. */
const idle = new Set([
  'counter',
  'log',
  'comment',
  'continue',
  'dup',
  'flow',
  'last',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
]);

/** Statements that let a packet pass or not by what was before it. */
const paced = new Set(['limit', 'quota', 'ct count', 'meter']);

const nats = new Set(['dnat', 'snat', 'masquerade', 'redirect']);

const onward: readonly Way[] = [[]];

/** statementWays are the ways on which a packet passes a statement, and what is done to it there. */
export function statementWays(scope: Scope, statement: unknown, isLast: boolean): readonly Way[] {
  const [kind, body] = soleOf(statement) ?? [];
  if (kind === undefined) return notUnderstood(statement, true);
  if (kind === 'match' && isObject(body)) {
    return matchWays(scope, body.op, body.left, body.right) ?? notUnderstood(statement, true);
  }
  if (idle.has(kind)) return onward;
  if (paced.has(kind)) return notUnderstood(statement, true);
  if (kind === 'notrack') return [[{ action: 'notrack' }]];
  if (kind === 'xt') return compatWays(statement, body, isLast);
  const verdict = verdictOf(scope, statement);
  if (verdict !== undefined && verdict !== 'continue') return [[verdict]];
  const ways = otherWays(scope, kind, body);
  return ways ?? notUnderstood(statement, false);
}

function otherWays(scope: Scope, kind: string, body: unknown): readonly Way[] | undefined {
  if (nats.has(kind)) return natWays(scope, kind, body);
  if (!isObject(body)) return undefined;
  if (kind === 'vmap') return verdictWays(scope, body.key, body.data);
  if (kind === 'mangle') return mangleWays(scope, body);
  return kind === 'set' ? updateWays(scope, body) : undefined;
}

function notUnderstood(statement: unknown, isMatch: boolean): readonly Way[] {
  const text = cutJson(statement, 120);
  return [[isMatch ? { match: 'unknown', text } : { action: 'unknown', text }]];
}

/** Only what rules ask for later matters: the mark, and what a packet is addressed by. */
function mangleWays(scope: Scope, { key, value }: JsonObject): readonly Way[] | undefined {
  if (insideOf(key, 'meta')?.key === 'mark') {
    const bits = bitsOf(value);
    return bits && [[{ action: 'mark', ...bits }]];
  }
  const [kind, body] = soleOf(key) ?? [];
  if (kind !== 'payload') return onward;
  const { part, needs } = selectorOf(scope, key);
  if (needs.includes(scope.never)) return [[scope.never]];
  return part === 'unknown' && isObject(body) && body.protocol !== undefined ? [needs] : undefined;
}

/** A list that is told another time than its set has is another list: who looks into the set does not find it so. */
function updateWays(scope: Scope, { op, elem, set }: JsonObject): readonly Way[] | undefined {
  const listed = scope.setOf(set);
  if (op === 'delete' || listed === undefined) return undefined;
  const wrapped = insideOf(elem, 'elem');
  const selector = selectorOf(scope, wrapped === undefined ? elem : wrapped.val);
  if (selector.part !== 'field' || selector.field !== 'source') return onward;
  const own = wrapped?.timeout;
  const list = scope.idOf(listed.name);
  const asSet = typeof own !== 'number' || own === listed.timeoutSeconds;
  return [[...selector.needs, { action: 'remember', list: asSet ? list : `${list} for ${own}` }]];
}

const harmless = new Set([
  'LOG',
  'NFLOG',
  'ULOG',
  'TRACE',
  'AUDIT',
  'TCPMSS',
  'CHECKSUM',
  'CLASSIFY',
  'DSCP',
  'TOS',
]);

/** Of what is left of iptables' own extensions, `nft` tells the name at most. */
function compatWays(statement: unknown, body: unknown, isLast: boolean): readonly Way[] {
  const { type, name } = isObject(body) ? body : {};
  if (type === 'watcher' || name === 'comment') return onward;
  if (type === 'match') return notUnderstood(statement, true);
  if (type === 'target') return harmless.has(`${name}`) ? onward : notUnderstood(statement, false);
  const both = [...notUnderstood(statement, true), ...(isLast ? notUnderstood(statement, false) : [])];
  return [both.flat()];
}

/** updatedSets are the names of the sets that rules put something into. */
export function updatedSets(chains: Iterable<ListedChain>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { rules } of chains) {
    for (const { expr } of rules) {
      for (const statement of Array.isArray(expr) ? expr : []) {
        const name = insideOf(statement, 'set')?.set;
        if (typeof name === 'string') names.add(name.slice(1));
      }
    }
  }
  return names;
}
