/** Verdicts of nftables, in rules and in maps. */
import { isObject } from '../../shape.ts';
import type { Verdict } from '../model.ts';
import { soleOf } from './json.ts';
import type { Scope } from './scope.ts';

const accept: Verdict = { action: 'accept' };
const drop: Verdict = { action: 'drop' };
const back: Verdict = { action: 'return' };
const reject: Verdict = { action: 'reject' };

/** verdictOf reads a verdict; `continue` lets a packet go on. undefined for what is none. */
export function verdictOf(scope: Scope, value: unknown): Verdict | 'continue' | undefined {
  const [kind, body] = soleOf(value) ?? [];
  switch (kind) {
    case 'jump':
    case 'goto':
      return { action: kind, chain: scope.chainOf(isObject(body) ? body.target : undefined) };
    case 'accept':
      return accept;
    case 'drop':
      return drop;
    case 'return':
      return back;
    case 'reject':
      return reject;
    case 'continue':
      return 'continue';
    default:
      return undefined;
  }
}
