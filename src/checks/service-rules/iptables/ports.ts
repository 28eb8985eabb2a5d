/** The matches that ask for ports and for what TCP's first packet looks like. */

import type { PortRange, Step } from '../model.ts';
import { portRangeOf } from './numbers.ts';
import type { Extension, Option } from './options.ts';

const questions: Readonly<Record<string, 'sourcePort' | 'destinationPort'>> = {
  '--sport': 'sourcePort',
  '--dport': 'destinationPort',
  '--sports': 'sourcePort',
  '--dports': 'destinationPort',
};

/** never is a step that no packet passes. */
const never: Step = { match: 'protocol', protocols: [], negated: false };

/** portSteps understands the ports of tcp, udp, sctp and multiport, and TCP's flags. */
export function portSteps({ options }: Extension): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (const option of options) {
    const found = option.name === '--tcp-flags' ? flagSteps(option) : portStep(option);
    if (found === undefined) return undefined;
    steps.push(...found);
  }
  return steps;
}

function portStep({ negated, name, values: [value, more] }: Option): readonly Step[] | undefined {
  const match = Object.hasOwn(questions, name) ? questions[name] : undefined;
  if (match === undefined || value === undefined || more !== undefined) return undefined;
  const ranges: PortRange[] = [];
  for (const part of value.split(',')) {
    const range = portRangeOf(part);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return [{ match, ranges, negated }];
}

/** New connections are what is traced: their first packet has the flag SYN, and no other. */
function flagSteps({ negated, values: [mask, flags, more] }: Option): readonly Step[] | undefined {
  if (mask === undefined || flags === undefined || more !== undefined) return undefined;
  const asked = mask.split(',').includes('SYN') || mask === 'ALL';
  const matches = flags === (asked ? 'SYN' : 'NONE');
  return matches !== negated ? [] : [never];
}
