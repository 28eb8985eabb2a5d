import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DNSLookup } from '../../../src/api/v1alpha1/index.ts';
import type { ClusterView, ServiceView } from '../../../src/checks/cluster-view.ts';
import { answerOf } from '../../../src/checks/dns/answer.ts';
import type { SeenOutcome } from '../../../src/checks/dns/evidence.ts';
import { answer, makeCluster, makeEndpoint, makeService, recently, seen } from './clusters.ts';

const settledTime = new Date('2026-11-22T08:18:30Z');
const judgedTime = new Date('2026-11-22T08:21:00Z');

function cluster(services: readonly ServiceView[], changes: Partial<ClusterView> = {}): ClusterView {
  return {
    ...makeCluster(1, 1),
    services: new Map(services.map((each) => [`${each.namespace}/${each.name}`, each])),
    ...changes,
  };
}

function told(
  name: string,
  type: DNSLookup['type'],
  outcome: SeenOutcome,
  view: ClusterView,
  expect: Pick<DNSLookup, 'expect' | 'records'> = { expect: 'Answer' },
): string {
  const found = answerOf({ name, type, ...expect }, outcome, { cluster: view, settledTime, judgedTime });
  const reason = 'reason' in found ? ` ${found.reason}` : '';
  return `${found.kind}${reason}${'message' in found ? `: ${found.message}` : ''}`;
}

const web = makeService('shop/web', {
  clusterIPs: ['10.96.7.7', 'fd00:96::7'],
  ports: [
    { name: 'http', protocol: 'TCP', port: 80 },
    { name: '', protocol: 'UDP', port: 81 },
  ],
});
const pods = makeService('shop/pods', {
  headless: true,
  endpoints: [
    makeEndpoint('10.244.1.8', { hostname: 'pod-0', ports: [{ name: 'http', protocol: 'TCP', port: 8080 }] }),
    makeEndpoint('10.244.2.8', { pod: 'pods-x', ports: [{ name: 'http', protocol: 'TCP', port: 8081 }] }),
    makeEndpoint('10.244.3.8', { ready: false }),
    makeEndpoint('fd00:244::8'),
  ],
});
const outside = makeService('shop/outside', { type: 'ExternalName', externalName: 'Example.com' });
const view = cluster([web, pods, outside]);
const name = (text: string) => `${text}.svc.cluster.local.`;

describe('A name that the API decides', () => {
  for (const [lookup, type, outcome, expected] of [
    ['web.shop', 'A', answer('10.96.7.7'), 'Right'],
    ['web.shop', 'AAAA', answer('fd00:96:0::7'), 'Right'],
    ['web.shop', 'A', answer('10.96.7.8'), 'Wrong WrongAnswer: expected 10.96.7.7, got 10.96.7.8'],
    ['web.shop', 'A', seen('NXDomain'), 'Wrong NameNotFound: expected 10.96.7.7, got NXDOMAIN'],
    ['web.shop', 'A', seen('NoData'), 'Wrong NoAnswer: expected 10.96.7.7, got no record'],
    ['pods.shop', 'A', answer('10.244.2.8', '10.244.1.8'), 'Right'],
    [
      'pods.shop',
      'A',
      answer('10.244.1.8'),
      'Wrong WrongAnswer: expected 10.244.1.8, 10.244.2.8, got 10.244.1.8',
    ],
    [
      'pods.shop',
      'A',
      answer('10.244.1.8', '10.244.2.8', '10.244.3.8'),
      'Wrong WrongAnswer: expected 10.244.1.8, 10.244.2.8, got 10.244.1.8, 10.244.2.8, 10.244.3.8',
    ],
    ['pods.shop', 'AAAA', answer('fd00:244::8'), 'Right'],
    ['pod-0.pods.shop', 'A', answer('10.244.1.8'), 'Right'],
    ['10-244-2-8.pods.shop', 'A', answer('10.244.2.8'), 'Right'],
    ['_http._tcp.web.shop', 'SRV', answer('0 100 80 web.shop.svc.cluster.local.'), 'Right'],
    [
      '_http._tcp.web.shop',
      'SRV',
      answer('0 100 81 web.shop.svc.cluster.local.'),
      'Wrong WrongAnswer: expected 80 web.shop.svc.cluster.local., got 0 100 81 web.shop.svc.cluster.local.',
    ],
    [
      '_http._tcp.pods.shop',
      'SRV',
      answer(
        '0 50 8080 pod-0.pods.shop.svc.cluster.local.',
        '0 50 8081 10-244-2-8.pods.shop.svc.cluster.local.',
      ),
      'Right',
    ],
    [
      '_http._tcp.pods.shop',
      'SRV',
      answer('0 50 8080 pod-0.pods.shop.svc.cluster.local.', '0 50 8081 pods-x.pods.shop.svc.cluster.local.'),
      'Right',
    ],
    ['outside.shop', 'CNAME', answer('example.com.'), 'Right'],
    ['outside.shop', 'A', { ...answer('192.0.2.9'), aliases: ['example.com.'] }, 'Right'],
    [
      'outside.shop',
      'CNAME',
      answer('example.org.'),
      'Wrong WrongAnswer: expected an alias of example.com., got example.org.',
    ],
    [
      'gone.shop',
      'A',
      seen('NXDomain'),
      'Wrong NameNotFound: expected an answer, got NXDOMAIN; the API has no Service shop/gone either',
    ],
    [
      'gone.shop',
      'A',
      answer('10.96.9.9'),
      'Wrong WrongAnswer: expected an answer, got 10.96.9.9; the API has no Service shop/gone either',
    ],
  ] as const) {
    it(`${lookup} ${type} ${outcome.kind} ${outcome.records.join(' ')}: ${expected.slice(0, 20)}`, () => {
      assert.equal(told(name(lookup), type, outcome, view), expected);
    });
  }

  it('is by its address what the Service is called', () => {
    const right = answer('web.shop.svc.cluster.local.');
    for (const address of ['10.96.7.7', '7.7.96.10.in-addr.arpa.', 'fd00:96::7']) {
      assert.equal(told(address, 'PTR', right, view), 'Right');
    }
    const wrong = told('10.96.7.7', 'PTR', answer('pods.shop.svc.cluster.local.'), view);
    assert.match(wrong, /^Wrong WrongAnswer: expected web\.shop/);
  });

  it('is, through the search list, what the API has under the first suffix', () => {
    assert.equal(told('web.shop', 'A', answer('10.96.7.7'), view), 'Right');
    const wildcard = { ...answer('192.0.2.1'), name: 'web.shop.example.com.' };
    assert.equal(
      told('web.shop', 'A', wildcard, view),
      'Wrong WrongAnswer: expected 10.96.7.7, got 192.0.2.1',
    );
  });
});

describe('What the audit expects', () => {
  it('is compared as a set, in one spelling', () => {
    const records = { expect: 'Records', records: ['FD00::1', '10.0.0.1'] } as const;
    assert.equal(told('x.example.', 'AAAA', answer('10.0.0.1', 'fd00:0::1'), view, records), 'Right');
    assert.match(told('x.example.', 'AAAA', answer('10.0.0.1'), view, records), /^Wrong WrongAnswer/);
    const text = { expect: 'Records', records: ['v=1'] } as const;
    assert.equal(told('x.example.', 'TXT', answer('"v=1"'), view, text), 'Right');
  });

  it('may be that there is no such name', () => {
    const none = { expect: 'NXDomain' } as const;
    assert.equal(told('no.example.', 'A', seen('NXDomain'), view, none), 'Right');
    assert.equal(
      told('no.example.', 'A', answer('192.0.2.1'), view, none),
      'Wrong WrongAnswer: expected NXDOMAIN, got 192.0.2.1',
    );
    assert.match(told('no.example.', 'A', seen('NoData'), view, none), /^Wrong WrongAnswer/);
  });

  it('is any answer for a name that the API does not decide', () => {
    assert.equal(told('example.com.', 'A', answer('192.0.2.1'), view), 'Right');
    assert.equal(
      told('example.com.', 'A', { ...answer(), aliases: ['x.'] }, view).slice(0, 14),
      'Wrong NoAnswer',
    );
  });
});

describe('What changed within the settle window', () => {
  const changing = (address: string, time: string, changes: Partial<ServiceView> = {}) =>
    cluster([{ ...pods, endpointTimes: new Map([...pods.endpointTimes, [address, time]]), ...changes }]);

  it('is settling where all that differs is of it', () => {
    const both = answer('10.244.1.8', '10.244.2.8', '10.244.9.9');
    assert.match(told(name('pods.shop'), 'A', both, changing('10.244.9.9', recently)), /^Settling/);
    assert.match(
      told(name('pods.shop'), 'A', answer('10.244.1.8'), changing('10.244.2.8', recently)),
      /^Settling/,
    );
  });

  it('excuses nothing else that differs', () => {
    assert.match(
      told(name('pods.shop'), 'A', answer('10.244.9.9'), changing('10.244.9.9', recently)),
      /^Wrong/,
    );
  });

  it('is not known of something extra unless the watch was there before', () => {
    const extra = answer('10.244.1.8', '10.244.2.8', '10.244.9.9');
    assert.match(told(name('pods.shop'), 'A', extra, view), /^Wrong/);
    assert.match(told(name('pods.shop'), 'A', extra, { ...view, watchedSince: recently }), /^Settling/);
  });

  it('is a Service that came or went', () => {
    const came = cluster([{ ...web, changedTime: recently }]);
    assert.match(told(name('web.shop'), 'A', seen('NXDomain'), came), /^Settling/);
    const went = cluster([], { removedServices: new Map([['shop/web', recently]]) });
    assert.match(told(name('web.shop'), 'A', answer('10.96.7.7'), went), /^Settling/);
    assert.match(told(name('web.shop'), 'A', seen('NXDomain'), went), /^Settling/);
    assert.match(told('web.shop', 'A', seen('NXDomain'), went), /^Settling/);
  });

  it('is unknown when it has gone on for a quarter of an hour', () => {
    const restless = changing('10.244.2.8', recently, { restlessSince: '2026-11-22T08:00:00Z' });
    assert.match(told(name('pods.shop'), 'A', answer('10.244.1.8'), restless), /^TooLong/);
  });
});

describe('What is no answer', () => {
  it('is a failure of the server where it sent it, and of the probe where nslookup did not run', () => {
    for (const line of [
      ';; Got bad packet: bad label type',
      ';; ;; Question section mismatch: got not.name.example/A/IN',
      ';; ERROR: ID mismatch: expected ID 19747, got 19748',
      ';; Warning: short (< header size) message received',
    ]) {
      const garbled = seen('Broken', `${line}\n`);
      assert.equal(told('x.example.', 'A', garbled, view), 'Fails ServerFailure: a reply that is no answer');
    }
    const large = seen('Broken', 'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\nName:\tx.example\n');
    assert.match(told('x.example.', 'A', large, view), /^Broken/);
    assert.equal(
      told('x.example.', 'A', seen('Broken', 'spawn nslookup ENOENT'), view),
      'Broken: nslookup printed what cannot be understood: spawn nslookup ENOENT',
    );
  });
});
