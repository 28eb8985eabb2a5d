import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFlags, variableOf } from '../../src/control/flags.ts';
import { defaultSettings } from '../../src/plan/settings.ts';

/** The entry point reads the cluster's domain in the Pod's resolv.conf unless a flag says it. */
const settings = { ...defaultSettings, clusterDomain: '' };
const defaults = {
  settings,
  httpHost: '',
  httpPort: 8080,
  concurrency: 4,
  leaseName: 'netaudit-operator',
  leaseMilliseconds: 15_000,
  renewDeadlineMilliseconds: 10_000,
  retryMilliseconds: 2_000,
  identity: 'host',
  logLevel: 'info',
  requestTimeoutMilliseconds: 15_000,
  watchSilenceMilliseconds: 100_000,
};

describe('the operator’s flags', () => {
  it('have the defaults of the settings and of client-go', () => {
    assert.deepEqual(parseFlags([], {}, 'host'), { kind: 'Options', options: defaults });
  });

  it('are read in both forms, and from the environment, where a flag wins', () => {
    const argv = ['--http-port=0', '--image', 'there/netaudit:1', '--kubeconfig', '/k'];
    const env = { NETAUDIT_IMAGE: 'lost', NETAUDIT_SETTLE_SECONDS: '3', POD_NAME: 'pod-1' };
    assert.deepEqual(parseFlags(argv, env, 'host'), {
      kind: 'Options',
      options: {
        ...defaults,
        httpPort: 0,
        kubeconfig: '/k',
        identity: 'pod-1',
        settings: { ...settings, image: 'there/netaudit:1', settleSeconds: 3 },
      },
    });
  });

  for (const [name, argv, env, message] of [
    ['an unknown flag', ['--imag', 'x'], {}, 'There is no flag --imag: --help lists them all'],
    ['a bare word', ['start'], {}, 'There is no flag start: --help lists them all'],
    ['a flag without its value', ['--image'], {}, '--image needs a value'],
    [
      'a port that is none',
      ['--http-port', '70000'],
      {},
      '--http-port must be a whole number from 0 to 65535, not "70000"',
    ],
    [
      'a number that is none, named by its variable',
      [],
      { NETAUDIT_JOB_CAP: '1e3' },
      'NETAUDIT_JOB_CAP must be a whole number from 1 to 10000, not "1e3"',
    ],
    [
      'a margin that leaves the shortest run no time',
      ['--report-margin-seconds=30'],
      {},
      '--report-margin-seconds must be a whole number from 1 to 20, not "30"',
    ],
    [
      'a port of the responders, which nothing would honour',
      ['--responder-port=9101'],
      {},
      'There is no flag --responder-port: --help lists them all',
    ],
    [
      'a pull policy of no name',
      ['--image-pull-policy=Sometimes'],
      {},
      '--image-pull-policy must be one of Always, IfNotPresent, Never, not "Sometimes"',
    ],
    [
      'a DNS Service without its namespace',
      ['--dns-service=kube-dns'],
      {},
      '--dns-service must be namespace and name of a Service, as in \'kube-system/kube-dns\', not "kube-dns"',
    ],
    [
      'a domain with a final dot',
      [],
      { NETAUDIT_CLUSTER_DOMAIN: 'cluster.local.' },
      'NETAUDIT_CLUSTER_DOMAIN must be a domain without a final dot, as in \'cluster.local\', not "cluster.local."',
    ],
    [
      'a lease that ends before its holder gives up',
      ['--lease-seconds', '10'],
      {},
      '--lease-seconds must be more than --renew-deadline-seconds, or two replicas could lead at once',
    ],
    [
      'a deadline within which one renewal fits',
      ['--retry-seconds', '9'],
      {},
      '--renew-deadline-seconds must be more than 1.2 times --retry-seconds, or one lost renewal ends a term',
    ],
  ] as const) {
    it(`refuse ${name} with a sentence`, () => {
      assert.deepEqual(parseFlags(argv, env, 'host'), { kind: 'Problem', message });
    });
  }

  it('are all in the help, each with its variable', () => {
    const help = parseFlags(['--help'], {}, 'host');
    assert.ok(help.kind === 'Help');
    for (const flag of ['image', 'job-cap', 'watch-silence-seconds']) {
      assert.match(help.text, new RegExp(`--${flag} .*${variableOf(flag)}`));
    }
  });
});
