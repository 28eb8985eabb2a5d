/** The matches of iptables' extensions (`-m`): those that decide over Services are understood, the others kept as unknown. */
import { complement, type Family, setOf } from '../address-set.ts';
import type { Step } from '../model.ts';
import { allBits, markedOf } from './numbers.ts';
import { type Extension, onlyOption } from './options.ts';
import { portSteps } from './ports.ts';
import { recentSteps } from './recent.ts';

/** Understood gives the steps of a match, or undefined where it is not understood whole. */
export type Understood = (extension: Extension, family: Family) => readonly Step[] | undefined;

/** matches are the extensions that are understood, by name. */
export const matches: ReadonlyMap<string, Understood> = new Map<string, Understood>([
  ['tcp', portSteps],
  ['udp', portSteps],
  ['sctp', portSteps],
  ['multiport', portSteps],
  ['conntrack', (extension) => stateSteps(extension, '--ctstate')],
  ['state', (extension) => stateSteps(extension, '--state')],
  ['mark', markSteps],
  ['addrtype', addressTypeSteps],
  ['statistic', statisticSteps],
  ['iprange', addressRangeSteps],
  ['recent', recentSteps],
]);

const states = /^(NEW|ESTABLISHED|RELATED|INVALID|UNTRACKED|DNAT|SNAT)$/;

function stateSteps(extension: Extension, name: string): readonly Step[] | undefined {
  const option = onlyOption(extension, name);
  const asked = option?.value.split(',') ?? [];
  if (option === undefined || !asked.every((each) => states.test(each))) return undefined;
  return [{ match: 'state', states: asked, negated: option.negated }];
}

function markSteps(extension: Extension): readonly Step[] | undefined {
  const option = onlyOption(extension, '--mark');
  const marked = option === undefined ? undefined : markedOf(option.value);
  if (option === undefined || marked === undefined) return undefined;
  return [{ match: 'mark', ...marked, negated: option.negated }];
}

const addressTypes = { '--src-type': 'sourceLocal', '--dst-type': 'destinationLocal' } as const;

function addressTypeSteps({ options }: Extension): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (const { negated, name, values } of options) {
    if ((name !== '--src-type' && name !== '--dst-type') || values.join() !== 'LOCAL') return undefined;
    steps.push({ match: addressTypes[name], negated });
  }
  return steps;
}

function statisticSteps({ options }: Extension): readonly Step[] | undefined {
  const [mode, probability, more] = options;
  const [value = '', second] = probability?.values ?? [];
  const random = mode?.name === '--mode' && !mode.negated && mode.values.join() === 'random';
  if (!random || probability?.name !== '--probability' || second !== undefined || more !== undefined)
    return undefined;
  if (!/^[01]\.\d{1,12}$/.test(value) || Number(value) > 1) return undefined;
  return [{ match: 'random', probability: probability.negated ? 1 - Number(value) : Number(value) }];
}

const ranges = { '--src-range': 'source', '--dst-range': 'destination' } as const;

function addressRangeSteps({ options }: Extension, family: Family): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (const { negated, name, values } of options) {
    const [value = '', more] = values;
    if ((name !== '--src-range' && name !== '--dst-range') || more !== undefined) return undefined;
    const set = value.includes('-') ? setOf(family, value) : undefined;
    if (set === undefined) return undefined;
    steps.push({ match: ranges[name], set: negated ? complement(set) : set });
  }
  return steps;
}

/** markAction is `mark = (mark & and) ^ xor` of the option that a MARK target has; undefined for another. */
export function markAction(extension: Extension): Step | undefined {
  const [option] = extension.options;
  const only = onlyOption(extension, option?.name ?? '');
  const marked = only === undefined || only.negated ? undefined : markedOf(only.value);
  if (option === undefined || marked === undefined) return undefined;
  const { value, mask } = marked;
  const not = (bits: number) => (allBits & ~bits) >>> 0;
  switch (option.name) {
    case '--set-xmark':
      return { action: 'mark', and: not(mask), xor: value };
    case '--set-mark':
      return { action: 'mark', and: not((mask | value) >>> 0), xor: value };
    case '--or-mark':
      return { action: 'mark', and: not(value), xor: value };
    case '--and-mark':
      return { action: 'mark', and: value, xor: 0 };
    case '--xor-mark':
      return { action: 'mark', and: allBits, xor: value };
    default:
      return undefined;
  }
}
