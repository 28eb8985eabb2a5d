/** What a responder is told by its Pod: who it is, and at which addresses it must answer. */
import { canonical } from '../checks/pod-to-pod/addresses.ts';
import { responderPort } from '../checks/pod-to-pod/task.ts';

/** ResponderSettings come from the environment, by the downward API. */
export interface ResponderSettings {
  readonly port: number;
  /** addresses are `status.podIPs`, the ones that must be bound before the responder is ready. */
  readonly addresses: readonly string[];
  readonly uid: string;
  readonly pod: string;
  readonly node: string;
}

/** responderSettings reads POD_IPS, POD_UID, POD_NAME, NODE_NAME, and NETAUDIT_RESPONDER_PORT where it is another. */
export function responderSettings(env: Readonly<Record<string, string | undefined>>): ResponderSettings {
  const port = Number(env.NETAUDIT_RESPONDER_PORT ?? responderPort);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`NETAUDIT_RESPONDER_PORT is no port: ${env.NETAUDIT_RESPONDER_PORT}`);
  }
  return {
    port,
    addresses: listed(env.POD_IPS ?? ''),
    uid: env.POD_UID ?? '',
    pod: env.POD_NAME ?? '',
    node: env.NODE_NAME ?? '',
  };
}

/** listed reads a list of addresses with commas between, as the downward API writes `status.podIPs`. */
export function listed(text: string): readonly string[] {
  return text.split(',').flatMap((each) => canonical(each.trim()) ?? []);
}
