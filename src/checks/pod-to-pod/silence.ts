/** What it means that no question was answered: refused, blocked, lost on the way there, or lost on the way back. */
import type { ApiView, TargetState } from '../check.ts';
import { failed, type Observed, type Opinion, unknown } from './opinion.ts';

/** Heard tells what the responder heard: of this very question, of its pair over any protocol, or that nobody knows. */
export type Heard = 'This' | 'Pair' | 'Nothing' | 'NotKnown';

/** ownFaults are errors of the probe's own kernel that say nothing of the network. */
const ownFaults = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRINUSE', 'EACCES', 'EAFNOSUPPORT']);

/** errorTexts say in words what the kernel answered. */
const errorTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused: nothing listens there, or something rejects it',
  ECONNRESET: 'reset',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  EPERM: "refused by the asking Pod's own node (EPERM)",
};

/** opinionOnSilence judges a question without any answer. */
export function opinionOnSilence(
  observed: Observed,
  timeout: number,
  heard: Heard,
  state: TargetState | undefined,
  policies: ApiView['policies'],
): Opinion | undefined {
  const { seen, asked, target, node } = observed;
  if (seen.u === undefined) return undefined;
  const [attempts, error] = seen.u;
  const evidence = { asked: asked.address, attempts, error, heard };
  if (error === 'NoAddress') {
    return unknown('NoAddress', `the probe's Pod on ${node} has no ${asked.family} address`, evidence);
  }
  if (ownFaults.has(error)) {
    return unknown('ProbeFailed', `the probe on ${node} could not open a socket: ${error}`, evidence);
  }
  const heardIt = heard === 'This' || heard === 'Pair';
  const policy = heardIt ? undefined : denying(policies);
  if (policy !== undefined) {
    return unknown('BlockedByPolicy', `NetworkPolicy ${policy.name} denies ${policy.direction}`, evidence);
  }
  if (state?.kind === 'NotReady') {
    return unknown(
      'NoResponder',
      `${target.node}'s Pod ${target.pod} is not ready: ${state.message}`,
      evidence,
    );
  }
  const silence = `${asked.address} on ${target.node} gave no answer in ${attempts} attempts`;
  if (heard === 'This') {
    return failed('OneWay', `${silence}: it got the questions, and its answers did not come back`, evidence);
  }
  if (heard === 'Pair') {
    const message = `${silence}: questions over UDP arrive there, and nothing that it sends comes back`;
    return failed('OneWay', message, evidence);
  }
  const what = error === 'timeout' ? `within ${timeout} ms each` : (errorTexts[error] ?? error);
  const arrived =
    heard === 'Nothing'
      ? 'none of them arrived'
      : `whether they arrived is not known without ${target.node}'s report`;
  const where = error === 'timeout' ? `; ${arrived}` : '';
  return failed('Unreachable', `${silence}, ${what}${where}`, evidence);
}

function denying(policies: ApiView['policies']) {
  for (const { name, selects, denies } of policies) {
    if (selects.includes('probe') && denies.includes('Egress'))
      return { name, direction: 'what the probe sends' };
    if (selects.includes('responder') && denies.includes('Ingress')) {
      return { name, direction: 'what reaches the responder' };
    }
  }
  return undefined;
}
