/** The evidence that a finding shows: a command that anyone can run again, and what nslookup printed. */
import type { Plan } from '../../api/v1alpha1/index.ts';
import type { EvidenceExcerpt } from '../verdict.ts';
import type { Look, Side } from './sides.ts';

/** mostLines and longestLine bound what is shown of a transcript. */
const mostLines = 10;
const longestLine = 120;

/** excerptOf shows one question. The responder's Pod on the node has nslookup and asks as any Pod there does. */
export function excerptOf(plan: Plan, namespace: string, side: Side, look: Look): EvidenceExcerpt {
  const pod = plan.targets.find(({ node }) => node === side.node)?.pod ?? `<a Pod on ${side.node}>`;
  const command = `kubectl exec -n ${namespace} ${pod} -- ${argumentsOf(side, look).join(' ')}`;
  const output = (look.seen?.text ?? '')
    .split('\n')
    .map((line) => line.replace(/\t+/g, ' ').trimEnd())
    .filter((line) => line !== '')
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line));
  return output.length === 0 ? { command } : { command, output: output.slice(0, mostLines) };
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
