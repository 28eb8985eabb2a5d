/** The targets of iptables (`-j`) that are no chains. */
import type { Family } from '../address-set.ts';
import type { Action, Step } from '../model.ts';
import { natTargetOf } from './addresses.ts';
import { markAction } from './matches.ts';
import { markedOf, portOf } from './numbers.ts';
import { type Extension, extensionOf, onlyOption } from './options.ts';

/** nothing is done to packets by a rule without a target, too. */
export const nothing: Action = { action: 'nothing' };

/** verdicts are the targets that iptables itself has. */
export const verdicts: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['ACCEPT', { action: 'accept' }],
  ['DROP', { action: 'drop' }],
  ['RETURN', { action: 'return' }],
]);

/**
 * harmless are extensions that neither decide over a new packet nor change what later rules ask: they log, count, copy, or
 * set what no rule of the model asks for.
 */
const harmless =
  /^(AUDIT|CHECKSUM|CLASSIFY|CONNSECMARK|DSCP|ECN|HL|IDLETIMER|LED|LOG|NFLOG|RATEEST|SECMARK|SET|TCPMSS|TCPOPTSTRIP|TEE|TOS|TRACE|TTL|ULOG)$/;

/** targetOf reads what follows `-j`: a target's name with its options. What is not understood is `unknown`. */
export function targetOf(text: string, family: Family): Step {
  const extension = extensionOf(text);
  const understood = extension === undefined ? undefined : stepOf(extension, family);
  return understood ?? { action: 'unknown', text };
}

function stepOf(extension: Extension, family: Family): Step | undefined {
  const { name, options } = extension;
  if (harmless.test(name)) return nothing;
  switch (name) {
    case 'REJECT':
      return { action: 'reject' };
    case 'MARK':
      return markAction(extension);
    case 'MASQUERADE':
      return { action: 'masquerade' };
    case 'NOTRACK':
      return { action: 'notrack' };
    case 'CT':
      return options.some((each) => each.name === '--notrack') ? { action: 'notrack' } : nothing;
    case 'CONNMARK':
      return options.some((each) => each.name === '--restore-mark') ? restoredMark(extension) : nothing;
    case 'DNAT':
      return destinationStep(extension, family);
    case 'REDIRECT':
      return redirectStep(extension);
    case 'SNAT':
      return sourceStep(extension);
    default:
      return undefined;
  }
}

/**
 * The mark of a connection that is new is zero. Agents that set it on the same way (the AWS VPC CNI does) ask for a bit of
 * their own by which answers are routed, and no Service rule asks for that.
 */
function restoredMark({ options }: Extension): Step | undefined {
  const [restore, ...masks] = options;
  let mask = 0xffff_ffff;
  for (const { negated, name, values } of masks) {
    const bits = values.length === 1 && !negated ? markedOf(values[0] ?? '')?.value : undefined;
    if (bits === undefined || !/^--(mask|nfmask|ctmask)$/.test(name)) return undefined;
    if (name !== '--ctmask') mask = bits;
  }
  if (restore?.name !== '--restore-mark') return undefined;
  return { action: 'mark', and: ~mask >>> 0, xor: 0 };
}

/** Random ports and persistence concern which of several targets is taken: there is one. */
function withoutFlags({ name, options }: Extension): Extension {
  const flags = /^--(random|random-fully|persistent)$/;
  return { name, options: options.filter((each) => !flags.test(each.name) || each.values.length > 0) };
}

function destinationStep(extension: Extension, family: Family): Step | undefined {
  const option = onlyOption(withoutFlags(extension), '--to-destination');
  const target = option === undefined || option.negated ? undefined : natTargetOf(family, option.value);
  return target === undefined ? undefined : { action: 'dnat', targets: [target] };
}

function redirectStep(extension: Extension): Step | undefined {
  const rest = withoutFlags(extension);
  if (rest.options.length === 0) return { action: 'redirect' };
  const option = onlyOption(rest, '--to-ports');
  const port = option === undefined ? undefined : portOf(option.value);
  return port === undefined ? undefined : { action: 'redirect', port };
}

function sourceStep(extension: Extension): Step | undefined {
  const option = onlyOption(withoutFlags(extension), '--to-source');
  return option === undefined ? undefined : { action: 'snat', text: option.value };
}
