/** What a pair that answers small questions does with many datagrams and with large packets. */
import { tooManyLost } from './loss.ts';
import { failed, type Observed, type Opinion } from './opinion.ts';

/** opinionOnSizes judges lost datagrams and large packets, undefined when there is nothing to say. */
export function opinionOnSizes({ seen, asked, target, node }: Observed): Opinion | undefined {
  const { l, f, g, s } = seen;
  const pair = `${node} and ${target.node} (${asked.address})`;
  if (l !== undefined && tooManyLost(l)) {
    const rounds = l.map(([sent, lost]) => `${lost} of ${sent}`);
    return failed('DatagramsLost', `between ${pair} ${rounds.join(', then ')} datagrams were lost`, {
      rounds,
    });
  }
  if (f !== undefined) {
    const [bytes, tries] = f;
    const message = `between ${pair} small datagrams get through, and of ${bytes} bytes, the most that one packet of the interface takes, none did in ${tries} tries`;
    return failed('LargePacketsLost', message, { bytes, tries });
  }
  if (s !== undefined) {
    const [bytes, tries, error] = s;
    const message = `between ${pair} TCP connects, and ${bytes} bytes each way did not get through in ${tries} tries (${error})`;
    return failed('LargePacketsLost', message, { bytes, tries, error });
  }
  if (g === undefined) return undefined;
  const [bytes, tries] = g;
  const message = `between ${pair} no datagram of ${bytes} bytes, which travels in fragments, got through in ${tries} tries`;
  return {
    outcome: 'Passed',
    reason: 'AsExpected',
    message: '',
    warning: { reason: 'FragmentsLost', message },
  };
}
