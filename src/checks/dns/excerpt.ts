/** The evidence that a finding shows: a command that anyone can run again, and what nslookup printed. */
import type { EvidenceExcerpt } from '../verdict.ts';
import type { SeenOutcome } from './evidence.ts';
import type { Look, Side } from './sides.ts';

/** mostLines and longestLine bound what is shown of a transcript. */
const mostLines = 10;
const longestLine = 120;

/** excerptOf shows one question. The responder's Pod on the node has nslookup and asks as any Pod there does. */
export function excerptOf(
  responder: string | undefined,
  namespace: string,
  side: Side,
  look: Look,
): EvidenceExcerpt {
  const pod = responder ?? `<a Pod on ${side.node}>`;
  const command = `kubectl exec -n ${namespace} ${pod} -- ${argumentsOf(side, look).join(' ')}`;
  const output = look.seen === undefined ? [] : linesOf(look.seen);
  return output.length === 0 ? { command } : { command, output };
}

/** Many questions of a node have one outcome: its lines are taken apart once. */
const known = new WeakMap<SeenOutcome, readonly string[]>();

function linesOf(seen: SeenOutcome): readonly string[] {
  const before = known.get(seen);
  if (before !== undefined) return before;
  const lines = seen.text
    .split('\n')
    .map((line) => line.replace(/\t+/g, ' ').trimEnd())
    .filter((line) => line !== '')
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line))
    .slice(0, mostLines);
  known.set(seen, lines);
  return lines;
}

function argumentsOf({ task }: Side, { asked, server, transport }: Look): readonly string[] {
  const direct = server.path !== 'ResolvConf';
  return [
    'nslookup',
    `-type=${asked.type}`,
    `-timeout=${task.timeoutSeconds}`,
    '-retry=2',
    ...(transport === 'TCP' ? ['-vc'] : []),
    ...(server.port === 53 ? [] : [`-port=${server.port}`]),
    asked.name,
    ...(direct ? [server.address] : []),
  ];
}
