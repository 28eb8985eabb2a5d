/** What a kubelet of the sandbox gives a container, seen from inside it and in the Pod's status. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CONFIG_MAPS, PODS, SECRETS } from '../sandbox/kinds.ts';
import { NETAUDIT_IMAGE, TOOLS_IMAGE } from '../sandbox/node/images.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { eventSeen, isOver, logOf, outcome, podOf, podSeen } from './seen.ts';

const skip = (await obstacle()) ?? false;
const REPORT = '>/dev/termination-log';

describe('a Pod on a node of the sandbox', { skip, concurrency: 4 }, () => {
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startSandbox({
      dns: false,
      nodes: 2,
      families: ['IPv4', 'IPv6'],
      backOff: { first: 300, cap: 1000 },
    });
    const metadata = { name: 'settings', namespace: 'default' };
    const maps = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { colour: 'blue', 'app.conf': 'a=1\n' },
    };
    await sandbox.client.create(CONFIG_MAPS, maps);
    const data = { password: Buffer.from('geheim').toString('base64') };
    await sandbox.client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      data,
      type: 'Opaque',
    });
  });

  after(() => sandbox?.stop());

  it('finds its environment: fields, keys, expansion, and where the API server is', async () => {
    const pod = podOf(
      'environment',
      `printf '%s|' "$NAME" "$NODE" "$IPS" "$COLOUR" "$SECRET" "$BOTH" "$LITERAL" "$1" "$KUBERNETES_SERVICE_HOST" ${REPORT}`,
      {
        args: ['sh', '$(NAME) $(UNKNOWN) $$(NAME)'],
        env: [
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'IPS', valueFrom: { fieldRef: { fieldPath: 'status.podIPs' } } },
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
          { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'settings', key: 'password' } } },
          { name: 'BOTH', value: '$(NAME)-$(COLOUR)' },
          { name: 'LITERAL', value: '$$(NAME)' },
        ],
      },
      { nodeName: 'n2' },
    );
    const message = await outcome(sandbox, pod);
    const { status } = await podSeen(sandbox, 'environment', isOver);
    const ips = (status?.podIPs ?? []).map(({ ip }) => ip).join(',');
    assert.match(ips, /^10\.200\.2\.\d+,fd00:200:2::[0-9a-f]+$/);
    assert.equal(
      message,
      `environment|n2|${ips}|blue|geheim|environment-blue|$(NAME)|environment $(UNKNOWN) $(NAME)|10.199.0.10|`,
    );
  });

  it('gets files of its own: resolv.conf, hosts, volumes, token', async () => {
    const script = `cd /v; { cat /etc/resolv.conf; grep files /etc/hosts | wc -w; cat cm/app.conf sec/password down/labels; echo; stat -c %a sec/password; ls /var/run/secrets/kubernetes.io/serviceaccount; touch scratch/x && echo writable; touch cm/x 2>/dev/null || echo read-only; } ${REPORT}`;
    const mount = (name: string, readOnly = true) => ({ name, mountPath: `/v/${name}`, readOnly });
    const message = await outcome(
      sandbox,
      podOf(
        'files',
        script,
        { volumeMounts: [mount('cm'), mount('sec'), mount('down'), mount('scratch', false)] },
        {
          volumes: [
            { name: 'cm', configMap: { name: 'settings', items: [{ key: 'app.conf', path: 'app.conf' }] } },
            { name: 'sec', secret: { secretName: 'settings', defaultMode: 0o400 } },
            {
              name: 'down',
              downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
            },
            { name: 'scratch', emptyDir: {} },
          ],
        },
      ),
    );
    assert.equal(
      message,
      [
        'search default.svc.cluster.local svc.cluster.local cluster.local',
        'nameserver 10.96.0.10',
        'options ndots:5',
        '4',
        'a=1',
        'geheimapp="files"',
        '400',
        'ca.crt',
        'namespace',
        'token',
        'writable',
        'read-only',
        '',
      ].join('\n'),
    );
  });

  it('reaches the API server with its token, over the Pod network', async () => {
    const dir = '/var/run/secrets/kubernetes.io/serviceaccount';
    const script = `curl -sS --cacert ${dir}/ca.crt -H "Authorization: Bearer $(cat ${dir}/token)" https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/default/pods | grep -o 'User .* cannot list'`;
    await outcome(sandbox, podOf('caller', script));
    assert.match(
      await logOf(sandbox, 'caller'),
      /User \\"system:serviceaccount:default:default\\" cannot list/,
    );
  });

  it('has exactly the capabilities that it asks for, as root', async () => {
    const script = `grep -h Cap /proc/self/status | cut -f2 | tr '\\n' ' ' ${REPORT}`;
    const securityContext = { capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] } };
    const message = await outcome(sandbox, podOf('capable', script, { securityContext }));
    assert.equal(
      message,
      '0000000000000000 0000000000003000 0000000000003000 0000000000003000 0000000000000000 ',
    );
  });

  it('has none as another user, and cannot write to a read-only root', async () => {
    const script = `{ id -u; id -g; grep CapEff /proc/self/status | cut -f2; touch /x /tmp/x || echo refused; } ${REPORT} 2>/dev/null`;
    const securityContext = {
      runAsUser: 65532,
      runAsGroup: 65532,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
    };
    const message = await outcome(sandbox, podOf('nobody', script, { securityContext }));
    assert.equal(message, '65532\n65532\n0000000000000000\nrefused\n');
  });

  it('writes to its own root when that is not read-only, and to nobody else’s', async () => {
    const script = `echo mine > /etc/mine && echo mine > /mine && cat /etc/mine ${REPORT}`;
    assert.equal(await outcome(sandbox, podOf('writer', script)), 'mine\n');
    assert.equal(await outcome(sandbox, podOf('reader', `ls /mine /etc/mine 2>&1 | wc -l ${REPORT}`)), '2\n');
  });

  it('is alone: its own processes, its own interfaces, its first process is 1', async () => {
    // Kubernetes makes one dollar sign of two.
    const script = `{ echo $$$$; ls -d /proc/[0-9]* | wc -l; ls /sys/class/net | tr '\\n' ' '; hostname; } ${REPORT}`;
    const [first, processes, ...rest] = (await outcome(sandbox, podOf('alone', script))).split('\n');
    assert.equal(first, '1');
    assert.ok(Number(processes) < 6, `${processes} processes`);
    assert.deepEqual(rest, ['eth0 lo alone', '']);
  });

  it('sees its node with hostNetwork, and its node’s files by hostPath', async () => {
    const root = sandbox.nodes.get('n1')?.context.root ?? '';
    await mkdir(join(root, 'etc/thing'), { recursive: true });
    await writeFile(join(root, 'etc/thing/name'), 'n1 only\n');
    const script = `{ ls /sys/class/net | grep -x eth0; ip -4 -br addr show eth0 | grep -o '10.199.0.[0-9]*'; cat /node/thing/name; ls /node/cni/net.d; hostname; } ${REPORT}`;
    const spec = {
      hostNetwork: true,
      nodeName: 'n1',
      volumes: [{ name: 'etc', hostPath: { path: '/etc' } }],
    };
    const pod = podOf(
      'on-node',
      script,
      { volumeMounts: [{ name: 'etc', mountPath: '/node', readOnly: true }] },
      spec,
    );
    assert.equal(await outcome(sandbox, pod), 'eth0\n10.199.0.11\nn1 only\n10-pods.conflist\nn1\n');
    const { status } = await podSeen(sandbox, 'on-node', isOver);
    assert.deepEqual(status?.podIPs, [{ ip: '10.199.0.11' }, { ip: 'fd00:199::11' }]);
  });

  it('waits for a hostPath directory that is not there', async () => {
    const spec = {
      nodeName: 'n1',
      volumes: [{ name: 'v', hostPath: { path: '/etc/absent', type: 'Directory' } }],
    };
    await sandbox.client.create(
      PODS,
      podOf('hanging', 'true', { volumeMounts: [{ name: 'v', mountPath: '/v' }] }, spec),
    );
    const { message } = await eventSeen(sandbox, 'hanging', 'FailedMount');
    assert.equal(
      message,
      'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /etc/absent is not a directory',
    );
    await mkdir(join(sandbox.nodes.get('n1')?.context.root ?? '', 'etc/absent'));
    assert.equal((await podSeen(sandbox, 'hanging', isOver)).status?.phase, 'Succeeded');
  });

  it('reports the last 4,096 bytes of its message, and its log when it failed without one', async () => {
    const long = await outcome(
      sandbox,
      podOf('long', `head -c 5000 /dev/zero | tr '\\0' a ${REPORT}; printf end >>/dev/termination-log`),
    );
    assert.equal(long, `${'a'.repeat(4093)}end`);
    const policy = { terminationMessagePolicy: 'FallbackToLogsOnError' } as const;
    assert.equal(await outcome(sandbox, podOf('silent', 'echo why >&2; exit 4', policy)), 'why\n');
    assert.equal(await outcome(sandbox, podOf('fine', 'echo nothing', policy)), '');
  });

  it('fails with DeadlineExceeded when it is active for too long', async () => {
    await sandbox.client.create(
      PODS,
      podOf('slow', 'trap "exit 5" TERM; while :; do sleep 0.1; done', {}, { activeDeadlineSeconds: 4 }),
    );
    const { status } = await podSeen(sandbox, 'slow', isOver);
    assert.equal(status?.phase, 'Failed');
    assert.equal(status?.reason, 'DeadlineExceeded');
    assert.equal(status?.message, 'Pod was active on the node longer than the specified deadline');
    assert.equal(status?.containerStatuses?.[0]?.state.terminated?.exitCode, 5);
  });

  it('is killed after its grace period when it does not listen to SIGTERM', async () => {
    await sandbox.client.create(PODS, podOf('deaf', 'while :; do sleep 0.1; done'));
    await podSeen(sandbox, 'deaf', ({ status }) => status?.phase === 'Running');
    const over = podSeen(sandbox, 'deaf', isOver);
    const gone = podSeen(sandbox, 'deaf', (_pod, type) => type === 'DELETED');
    await sandbox.client.delete(PODS, 'default', 'deaf');
    assert.equal((await over).status?.containerStatuses?.[0]?.state.terminated?.exitCode, 137);
    assert.equal((await gone).metadata.name, 'deaf');
  });

  it('is restarted with a back-off', async () => {
    await sandbox.client.create(PODS, podOf('crashing', 'echo run; exit 7', {}, { restartPolicy: 'Always' }));
    const { status } = await podSeen(
      sandbox,
      'crashing',
      (pod) => pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff',
    );
    const [container] = status?.containerStatuses ?? [];
    assert.equal(status?.phase, 'Running');
    assert.equal(container?.restartCount, 1);
    assert.equal(container?.lastState.terminated?.exitCode, 7);
    const { message } = await eventSeen(sandbox, 'crashing', 'BackOff');
    assert.match(message, /^Back-off restarting failed container main in pod crashing_default\(/);
    await podSeen(sandbox, 'crashing', (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2);
    const previous = await sandbox.kubectl(['logs', 'crashing', '--previous']);
    assert.equal(previous.stdout, 'run\n');
  });

  it('runs its init containers first, one after the other', async () => {
    const init = (name: string, script: string) => ({
      name,
      image: TOOLS_IMAGE,
      command: ['/bin/sh', '-c', script],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    });
    const pod = podOf(
      'prepared',
      `cat /v/a ${REPORT}`,
      { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      {
        volumes: [{ name: 'v', emptyDir: {} }],
        initContainers: [init('one', 'echo one > /v/a'), init('two', 'echo two >> /v/a')],
      },
    );
    assert.equal(await outcome(sandbox, pod), 'one\ntwo\n');
    await outcome(
      sandbox,
      podOf(
        'unprepared',
        'true',
        {},
        { volumes: [{ name: 'v', emptyDir: {} }], initContainers: [init('one', 'exit 3')] },
      ),
    );
    const { status } = await podSeen(sandbox, 'unprepared', isOver);
    assert.equal(status?.phase, 'Failed');
    assert.deepEqual(status?.containerStatuses?.[0]?.state, { waiting: { reason: 'PodInitializing' } });
  });

  it('waits for an image that is not there, as long as it takes', async () => {
    await sandbox.client.create(
      PODS,
      podOf('imageless', `echo here ${REPORT}`, { image: 'example.org/none:1' }, { nodeName: 'n2' }),
    );
    const waiting = (reason: string) =>
      podSeen(
        sandbox,
        'imageless',
        ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === reason,
      );
    const pull = await waiting('ErrImagePull');
    assert.match(
      pull.status?.containerStatuses?.[0]?.state.waiting?.message ?? '',
      /^rpc error: code = NotFound desc = /,
    );
    const { status } = await waiting('ImagePullBackOff');
    assert.equal(status?.phase, 'Pending');
    assert.equal(
      (await eventSeen(sandbox, 'imageless', 'BackOff')).message,
      'Back-off pulling image "example.org/none:1"',
    );
    const images = sandbox.nodes.get('n2')?.context.images;
    const tools = await images?.find(TOOLS_IMAGE);
    assert.ok(images && tools);
    images.add('example.org/none:1', tools);
    assert.equal((await podSeen(sandbox, 'imageless', isOver)).status?.phase, 'Succeeded');
  });

  it('says what is wrong with its configuration', async () => {
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'absent', key: 'x' } } }];
    await sandbox.client.create(PODS, podOf('misconfigured', 'true', { env }));
    const config = await podSeen(
      sandbox,
      'misconfigured',
      ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    assert.equal(
      config.status?.containerStatuses?.[0]?.state.waiting?.message,
      'configmap "absent" not found',
    );
    await sandbox.client.create(PODS, podOf('rootless', 'true', { securityContext: { runAsNonRoot: true } }));
    const root = await podSeen(
      sandbox,
      'rootless',
      ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    assert.match(
      root.status?.containerStatuses?.[0]?.state.waiting?.message ?? '',
      /^container has runAsNonRoot and image will run as root/,
    );
  });

  it('does not start what is not there', async () => {
    await sandbox.client.create(PODS, podOf('commandless', '', { command: ['/no/such/thing'] }));
    const { status } = await podSeen(sandbox, 'commandless', isOver);
    const terminated = status?.containerStatuses?.[0]?.state.terminated;
    assert.equal(terminated?.reason, 'StartError');
    assert.equal(terminated?.exitCode, 128);
    assert.match(terminated?.message ?? '', /exec: "\/no\/such\/thing"/);
  });

  it('is refused by its node when it does not fit there', async () => {
    const resources = { requests: { cpu: '1000' } };
    await sandbox.client.create(PODS, podOf('huge', 'true', { resources }, { nodeName: 'n1' }));
    const { status } = await podSeen(sandbox, 'huge', isOver);
    assert.equal(status?.reason, 'OutOfcpu');
    assert.match(
      status?.message ?? '',
      /^Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: \d+, capacity: \d+$/,
    );
  });

  it('is ready when its probe says so, and no longer when it does not', async () => {
    const probe = { exec: { command: ['test', '-e', '/ready'] }, periodSeconds: 1, failureThreshold: 1 };
    await sandbox.client.create(PODS, podOf('probed', 'sleep 60', { readinessProbe: probe }));
    const ready = (wanted: string) =>
      podSeen(
        sandbox,
        'probed',
        ({ status }) =>
          status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === wanted) ===
          true,
      );
    await podSeen(sandbox, 'probed', ({ status }) => status?.phase === 'Running');
    await ready('False');
    await sandbox.podExec('default', 'probed', ['touch', '/ready']);
    await ready('True');
    await sandbox.podExec('default', 'probed', ['rm', '/ready']);
    await ready('False');
    const { message } = await eventSeen(sandbox, 'probed', 'Unhealthy');
    assert.equal(message, 'Readiness probe failed: ');
  });

  it('is restarted when its liveness probe fails', async () => {
    const livenessProbe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
    await sandbox.client.create(
      PODS,
      podOf('dead', 'sleep 60', { livenessProbe }, { restartPolicy: 'Always' }),
    );
    await podSeen(sandbox, 'dead', ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    const { message } = await eventSeen(sandbox, 'dead', 'Unhealthy');
    assert.match(
      message,
      /^Liveness probe failed: Get "http:\/\/10\.200\.\d\.\d+:8080\/": dial tcp .*: connect: connection refused$/,
    );
  });

  it('finds the project’s image with its Node and its own user', async () => {
    const securityContext = {
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      allowPrivilegeEscalation: false,
    };
    const command = [
      '/usr/local/bin/node',
      '-p',
      '[process.version.split(".")[0], process.getuid(), process.getgid(), process.cwd()].join()',
    ];
    const pod = podOf('project', '', { image: NETAUDIT_IMAGE, command, securityContext });
    await sandbox.client.create(PODS, pod);
    await podSeen(sandbox, 'project', isOver);
    assert.equal(await logOf(sandbox, 'project'), 'v24,65532,65532,/app\n');
  });
});
