/** Pods in the network of their node, with what reading its rules takes: as a kubelet runs them, and only where it may. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NAMESPACES, PODS, type Pod } from '../sandbox/kinds.ts';
import { TOOLS_IMAGE } from '../sandbox/node/images.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { isOver, seen } from './seen.ts';

const skip = (await obstacle()) ?? false;

/** What a probe of rules may do, and nothing else. */
const PRIVILEGES = {
  runAsUser: 0,
  runAsGroup: 0,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
};

const MOUNTS = { '/etc/cni/net.d': '/host/etc/cni/net.d', '/opt/cni/bin': '/host/opt/cni/bin' };

function nodePod(namespace: string, name: string, script: string, add = PRIVILEGES.capabilities.add): Pod {
  const volumes = Object.entries(MOUNTS).map(([path, mountPath], i) => ({ name: `v${i}`, path, mountPath }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      nodeName: 'n1',
      hostNetwork: true,
      restartPolicy: 'Never',
      containers: [
        {
          name: 'main',
          image: TOOLS_IMAGE,
          command: ['sh', '-c', script],
          securityContext: { ...PRIVILEGES, capabilities: { drop: ['ALL'], add } },
          volumeMounts: volumes.map((volume) => ({
            name: volume.name,
            mountPath: volume.mountPath,
            readOnly: true,
          })),
        },
      ],
      volumes: volumes.map(({ name: volume, path }) => ({ name: volume, hostPath: { path } })),
    },
  };
}

describe('a Pod in the network of its node', { skip }, () => {
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startSandbox({ dns: false, nodes: 2, families: ['IPv4', 'IPv6'] });
    for (const level of ['privileged', 'baseline'])
      await sandbox.client.create(NAMESPACES, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: level, labels: { 'pod-security.kubernetes.io/enforce': level } },
      });
  });
  after(() => sandbox?.stop());

  /** Runs a script in such a Pod and resolves to the Pod when it is over, and to what it printed. */
  const printed = async (name: string, script: string, capabilities?: string[]) => {
    await sandbox.client.create(PODS, nodePod('privileged', name, script, capabilities));
    const selector = { namespace: 'privileged', fieldSelector: `metadata.name=${name}` };
    const pod = await seen<Pod>(sandbox, PODS, selector, isOver);
    const { stdout, stderr } = await sandbox.kubectl(['logs', '-n', 'privileged', name]);
    assert.equal(stderr, '');
    return { pod, text: stdout };
  };
  const onNode = async (argv: string[]) => (await sandbox.nodeExec('n1', argv)).stdout;
  /** Without comments that say when, and counters of packets. */
  const still = (rules: string) =>
    rules.replace(/^#.*\n/gm, '').replace(/\[\d+:\d+\]|"(packets|bytes)": \d+/g, '');

  it('has its name, its interfaces and its addresses of both families', async () => {
    const { pod, text } = await printed('addresses', 'hostname; ip -br addr show dev eth0 | tr -s " "');
    const own = ['10.199.0.11', 'fd00:199::11'];
    assert.deepEqual(
      [pod.status?.hostIPs, pod.status?.podIPs],
      [own.map((ip) => ({ ip })), own.map((ip) => ({ ip }))],
    );
    assert.match(text, /^n1\neth0@\S+ UP 10\.199\.0\.11\/24 fd00:199::11\/64 /);
  });

  it('reads the rules of the node with every tool, and changes none of them', async () => {
    const tools = ['iptables-nft-save', 'ip6tables-nft-save', 'nft -j list ruleset', 'iptables-legacy-save'];
    const before = await Promise.all(tools.map((tool) => onNode(tool.split(' '))));
    const { pod, text } = await printed('rules', tools.map((tool) => `${tool}; echo "-- $?"`).join('; '));
    const after = await Promise.all(tools.map((tool) => onNode(tool.split(' '))));
    assert.equal(pod.status?.phase, 'Succeeded');
    assert.equal(still(text), before.map((rules) => `${still(rules)}-- 0\n`).join(''));
    assert.deepEqual(after.map(still), before.map(still));
    assert.match(text, /^-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES$/m);
    assert.match(text, /"chain": \{"family": "ip6", "table": "nat", "name": "KUBE-SERVICES"/);
  });

  it('may do what it was given and nothing else', async () => {
    const script = [
      'grep -hoE "^(CapEff|CapBnd|NoNewPrivs).*" /proc/self/status | tr "\\t" " "',
      'touch /file /host/etc/cni/net.d/file',
      'ls /host/etc/cni/net.d',
      'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "',
    ].join('; ');
    const { text } = await printed('privileges', script);
    assert.deepEqual(text.trimEnd().split('\n'), [
      // Bits 12 and 13: NET_ADMIN and NET_RAW.
      'CapEff: 0000000000003000',
      'CapBnd: 0000000000003000',
      'NoNewPrivs: 1',
      "touch: cannot touch '/file': Read-only file system",
      "touch: cannot touch '/host/etc/cni/net.d/file': Read-only file system",
      '10-pods.conflist',
      'lo',
      'eth0',
    ]);
  });

  it('reads nothing without NET_ADMIN', async () => {
    const { text } = await printed('poor', 'iptables-nft-save; echo $?; nft list ruleset; echo $?', [
      'NET_RAW',
    ]);
    assert.match(text, /Permission denied.*\n4\n.*Operation not permitted\n1\n$/s);
  });

  it('is let in only where the namespace is privileged', async () => {
    await assert.rejects(sandbox.client.create(PODS, nodePod('baseline', 'refused', 'true')), {
      code: 403,
      message:
        /violates PodSecurity "baseline:latest": non-default capabilities .*"NET_ADMIN".*host namespaces \(hostNetwork=true\), hostPath volumes/,
    });
  });
});
