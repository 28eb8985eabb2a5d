import type { Pod } from '../kinds.ts';
import { NETAUDIT_IMAGE } from '../node/images.ts';
import type { Fault, Target } from './fault.ts';

/** Duplicate is a second holder of a Pod's address: an object to create, and how its node leads packets to it. */
export interface Duplicate {
  pod: Pod;
  fault: Fault;
}

/**
 * duplicateAddress gives the address of a Pod elsewhere to a Pod on `target`, and has it answer as a responder does:
 * Pods on that node reach the wrong one. The namespace must allow privileged Pods; the fault comes after the Pod.
 */
export function duplicateAddress(
  target: Target,
  address: string,
  namespace: string,
  command: string[],
  port = 9100,
): Duplicate {
  const v6 = address.includes(':');
  const range = `${address}/${v6 ? 128 : 32}`;
  const ip = v6 ? 'ip -6' : 'ip';
  const script = [
    // A default route that is still right when the address it came with is gone.
    `gateway=$(${ip} route show default | cut -d" " -f3)`,
    `${ip} addr flush dev eth0 scope global`,
    `${ip} addr add ${range} dev eth0${v6 ? ' nodad' : ''}`,
    `${ip} route replace $gateway dev eth0`,
    `${ip} route replace default via $gateway dev eth0`,
    'exec "$@"',
  ].join(' && ');
  const name = `duplicate-${target.name}`;
  const place = { node: target.name };
  return {
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { app: 'duplicate' } },
      spec: {
        nodeName: target.name,
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'responder',
            image: NETAUDIT_IMAGE,
            command: ['/bin/sh', '-c', script, 'sh', ...command],
            env: [
              { name: 'POD_IPS', value: address },
              { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
              { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            ],
            // Over the network the other holder of the address would answer as well.
            readinessProbe: {
              exec: {
                command: [
                  '/bin/sh',
                  '-c',
                  `ss -Hltn | grep -q ":${port} " && ss -Hlun | grep -q ":${port} "`,
                ],
              },
              periodSeconds: 1,
            },
            securityContext: {
              runAsUser: 0,
              runAsGroup: 0,
              capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
            },
          },
        ],
      },
    },
    fault: {
      name: `duplicate-address on ${target.name}`,
      apply: [{ place, argv: ['ip', 'route', 'replace', range, 'dev', 'cni0'] }],
      undo: [{ place, argv: ['ip', 'route', 'del', range, 'dev', 'cni0'] }],
    },
  };
}
