/** What can be said of one question, and how the server and the lookup in it are called. */
import type { DNSLookup, DNSService, Outcome } from '../../api/v1alpha1/index.ts';
import { socketAddress } from '../pod-to-pod/addresses.ts';
import type { Verdict } from '../verdict.ts';
import type { Reason } from './reasons.ts';
import type { Look, Side } from './sides.ts';

/** Opinion is a verdict without its question. */
export interface Opinion {
  readonly outcome: Outcome;
  readonly reason: Reason;
  /** message is a sentence for people, empty for what is as expected. */
  readonly message: string;
  /** subject is set where that is not the server that was asked. */
  readonly subject?: string;
  readonly everywhere?: true;
  readonly blames?: NonNullable<Verdict['blames']>;
}

/** passed is the opinion that all is as it must be. */
export const passed: Opinion = { outcome: 'Passed', reason: 'AsExpected', message: '' };

/** Cause says what explains a failure. */
export type Cause = Pick<Opinion, 'reason' | 'subject' | 'everywhere' | 'blames'> & {
  /** why is added to what was seen; empty where that says it all. */
  readonly why: string;
};

/** failed tells a failure with its cause. */
export function failed(side: Side, look: Look, { why, ...cause }: Cause): Opinion {
  return { outcome: 'Failed', ...cause, message: `${seenText(side, look)}${why === '' ? '' : `; ${why}`}` };
}

/** seenText is what was seen of a question: lookup, way, answer. */
export function seenText(side: Side, look: Look): string {
  const { answer, asked, server, transport } = look;
  const way = server.path === 'ResolvConf' ? 'through resolv.conf' : `over ${transport} from`;
  const whom = server.path === 'ResolvConf' ? '' : ` ${serverName(side.service, look)}`;
  const came = answer === undefined || !('message' in answer) ? 'right' : answer.message;
  return `${lookupName(asked)} ${way}${whom}: ${came}`;
}

/** lookupName is a lookup as people name it. */
export function lookupName({ name, type }: DNSLookup): string {
  return `${name} ${type}`;
}

/** serverName is the server of a question as people name it. */
export function serverName(service: DNSService | undefined, { server }: Pick<Look, 'server'>): string {
  const { path, address, port } = server;
  if (path === 'ResolvConf') return 'resolv.conf';
  const name = service === undefined ? '' : `${service.namespace}/${service.name} `;
  return path === 'Service' ? `Service ${name}(${address})` : replicaName(service, address, port);
}

/** replicaName is an endpoint as people name it: the Pod, where it is one. */
export function replicaName(service: DNSService | undefined, address: string, port: number): string {
  const pod = podOf(service, address, port);
  return pod === undefined ? `endpoint ${socketAddress(address, port)}` : `Pod ${pod} (${address})`;
}

/** podOf is `namespace/name` of the Pod behind an endpoint. */
export function podOf(service: DNSService | undefined, address: string, port: number): string | undefined {
  const found = service?.endpoints.find((each) => each.address === address && each.port === port);
  return service === undefined || found?.pod === undefined ? undefined : `${service.namespace}/${found.pod}`;
}

/** subjectOf is what a question is about: the node and the server, over a transport. */
export function subjectOf(side: Side, look: Pick<Look, 'server' | 'transport'>): string {
  const over = look.server.path === 'ResolvConf' ? '' : ` ${look.transport}`;
  return `${side.node} → ${serverName(side.service, look)}${over}`;
}

/** plainReason is what the answer alone says. */
export function plainReason({ answer }: Look): Cause['reason'] {
  return answer?.kind === 'Wrong' || answer?.kind === 'Fails' ? answer.reason : 'TimedOut';
}
