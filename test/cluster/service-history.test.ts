import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { EndpointView } from '../../src/checks/cluster-view.ts';
import { ServiceHistory } from '../../src/cluster/service-history.ts';
import type { ServiceEntry } from '../../src/cluster/service-view.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const minute = 60_000;
const at = (minutes: number) => start + minutes * minute;
const text = (minutes: number) => new Date(at(minutes)).toISOString();

const web: ServiceEntry = {
  namespace: 'shop',
  name: 'web',
  uid: 'u1',
  type: 'ClusterIP',
  clusterIPs: ['10.96.0.20'],
  headless: false,
  ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  externalIPs: [],
  loadBalancerIPs: [],
  sourceRanges: [],
  externalLocal: false,
  internalLocal: false,
  dns: false,
};

const endpoint = (address: string, more: Partial<EndpointView> = {}): EndpointView => ({
  address,
  ready: true,
  serving: true,
  terminating: false,
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  ...more,
});

describe('when a Service last changed', () => {
  let history: ServiceHistory;
  beforeEach(() => {
    history = new ServiceHistory(minute);
  });

  it('is when anything that counts of it did, and not when the same was told again', () => {
    history.service('shop/web', web, at(0));
    history.service('shop/web', { ...web }, at(5));
    assert.equal(history.times('shop/web').changedTime, text(0));
    history.service('shop/web', { ...web, clusterIPs: ['10.96.0.21'] }, at(6));
    assert.deepEqual(history.times('shop/web'), {
      changedTime: text(6),
      endpointTimes: new Map(),
      restlessSince: text(6),
    });
  });

  it('is told of each endpoint apart: those that came, changed and went, and no other', () => {
    history.service('shop/web', web, at(0));
    history.endpoints('shop/web', [endpoint('10.1.0.1'), endpoint('10.1.0.2')], at(1));
    history.endpoints('shop/web', [endpoint('10.1.0.1'), endpoint('10.1.0.2', { ready: false })], at(3));
    history.endpoints('shop/web', [endpoint('10.1.0.2', { ready: false }), endpoint('10.1.0.3')], at(5));
    assert.deepEqual(history.times('shop/web'), {
      changedTime: text(0),
      endpointTimes: new Map([
        ['10.1.0.1', text(5)],
        ['10.1.0.2', text(3)],
        ['10.1.0.3', text(5)],
      ]),
      restlessSince: text(5),
    });
  });

  it('is when any of several slices that hold one endpoint says something else of it', () => {
    history.service('shop/web', web, at(0));
    const other = endpoint('10.1.0.1', { ports: [{ name: 'admin', protocol: 'TCP', port: 9090 }] });
    history.endpoints('shop/web', [endpoint('10.1.0.1', { ready: false }), other], at(1));
    history.endpoints('shop/web', [endpoint('10.1.0.1'), other], at(2));
    assert.deepEqual(history.times('shop/web').endpointTimes, new Map([['10.1.0.1', text(2)]]));
    history.endpoints('shop/web', [endpoint('10.1.0.1'), { ...other }], at(3));
    assert.deepEqual(history.times('shop/web').endpointTimes, new Map([['10.1.0.1', text(2)]]));
  });

  it('is not moved by endpoints told in another order', () => {
    history.service('shop/web', web, at(0));
    history.endpoints('shop/web', [endpoint('10.1.0.1'), endpoint('10.1.0.2')], at(0));
    history.endpoints('shop/web', [endpoint('10.1.0.2'), endpoint('10.1.0.1')], at(9));
    const times = new Map([
      ['10.1.0.1', text(0)],
      ['10.1.0.2', text(0)],
    ]);
    assert.deepEqual(history.times('shop/web').endpointTimes, times);
  });

  it('is restless since the first change after which none was longer away than the settle window', () => {
    history.service('shop/web', web, at(0));
    for (const minutes of [10, 10.5, 11.5, 12]) {
      history.endpoints('shop/web', [endpoint(`10.1.0.${minutes * 2}`)], at(minutes));
    }
    assert.equal(history.times('shop/web').restlessSince, text(10));
    history.endpoints('shop/web', [], at(14));
    assert.equal(history.times('shop/web').restlessSince, text(14));
  });

  it('comes with an old date that is read late without hiding a newer one', () => {
    history.endpoints('shop/web', [endpoint('10.1.0.1')], at(8));
    history.service('shop/web', web, at(-500));
    assert.deepEqual(history.times('shop/web'), {
      changedTime: text(-500),
      endpointTimes: new Map([['10.1.0.1', text(8)]]),
      restlessSince: text(8),
    });
  });

  it('begins anew for a Service that was made again', () => {
    history.service('shop/web', web, at(0));
    history.endpoints('shop/web', [endpoint('10.1.0.1')], at(0));
    history.service('shop/web', undefined, at(3));
    assert.deepEqual(history.removed(at(4)), new Map([['shop/web', text(3)]]));
    history.service('shop/web', { ...web, uid: 'u2' }, at(5));
    assert.deepEqual(history.removed(at(5)), new Map());
    assert.equal(history.times('shop/web').changedTime, text(5));
  });
});

describe('what is gone', () => {
  it('is remembered for half an hour', () => {
    const history = new ServiceHistory(minute);
    history.service('shop/old', web, at(-100));
    history.service('shop/old', undefined, at(0));
    history.service('shop/new', web, at(-100));
    history.service('shop/new', undefined, at(10));
    assert.deepEqual([...history.removed(at(30)).keys()], ['shop/old', 'shop/new']);
    assert.equal(history.removed(at(30)), history.removed(at(30)));
    assert.deepEqual([...history.removed(at(31)).keys()], ['shop/new']);
    assert.deepEqual([...history.removed(at(41)).keys()], []);
  });

  it('is what packets were sent to: every address with every port, and the ports of nodes', () => {
    const history = new ServiceHistory(minute);
    const open: ServiceEntry = {
      ...web,
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.20', 'fd00::20'],
      externalIPs: ['192.0.2.7'],
      loadBalancerIPs: ['198.51.100.1'],
      ports: [{ name: 'dns', protocol: 'UDP', port: 53, nodePort: 30053 }],
    };
    history.service('shop/web', open, at(0));
    assert.deepEqual(history.formerPorts(at(1)), new Map());
    history.service('shop/web', undefined, at(2));
    assert.deepEqual(
      history.formerPorts(at(2)),
      new Map(
        [
          '10.96.0.20 tcp 0',
          'fd00::20 tcp 0',
          '10.96.0.20 udp 53',
          'fd00::20 udp 53',
          '192.0.2.7 udp 53',
          '198.51.100.1 udp 53',
          ' udp 30053',
        ].map((key) => [key, text(2)]),
      ),
    );
    assert.deepEqual(history.formerPorts(at(33)), new Map());
  });

  it('is what a Service that changed gave up, until it is taken again, by whichever Service', () => {
    const history = new ServiceHistory(minute);
    const external = { ...web, externalIPs: ['192.0.2.7', '192.0.2.8'] };
    history.service('shop/web', external, at(0));
    history.service('shop/web', web, at(3));
    assert.deepEqual(
      history.formerPorts(at(4)),
      new Map([
        ['192.0.2.7 tcp 80', text(3)],
        ['192.0.2.8 tcp 80', text(3)],
      ]),
    );
    const other = { ...web, name: 'api', clusterIPs: ['10.96.0.21'], externalIPs: ['192.0.2.7'] };
    history.service('shop/api', other, at(5));
    assert.deepEqual(history.formerPorts(at(6)), new Map([['192.0.2.8 tcp 80', text(3)]]));
  });

  for (const [how, changes] of [
    ['to another proxy', { proxyName: 'other' }],
    ['to a name elsewhere', { type: 'ExternalName', clusterIPs: [], externalName: 'a.example' }],
  ] as const) {
    it(`is also what a Service had that was left ${how}`, () => {
      const history = new ServiceHistory(minute);
      history.service('shop/web', web, at(0));
      history.service('shop/web', { ...web, ...changes }, at(1));
      assert.deepEqual([...history.formerPorts(at(1)).keys()], ['10.96.0.20 tcp 0', '10.96.0.20 tcp 80']);
      history.service('shop/web', undefined, at(2));
      assert.deepEqual([...history.formerPorts(at(2)).values()], [text(1), text(1)]);
    });
  }

  it('is forgotten of endpoints, too, when those that are there change', () => {
    const history = new ServiceHistory(minute);
    history.service('shop/web', web, at(0));
    history.endpoints('shop/web', [endpoint('10.1.0.1')], at(0));
    history.endpoints('shop/web', [endpoint('10.1.0.2')], at(1));
    history.endpoints('shop/web', [endpoint('10.1.0.3')], at(40));
    assert.deepEqual([...history.times('shop/web').endpointTimes.keys()], ['10.1.0.2', '10.1.0.3']);
  });

  it('leaves nothing behind when the slices of a Service go after it', () => {
    const history = new ServiceHistory(minute);
    history.service('shop/web', web, at(0));
    history.endpoints('shop/web', [endpoint('10.1.0.1'), endpoint('10.1.0.2')], at(0));
    history.service('shop/web', undefined, at(1));
    history.endpoints('shop/web', [endpoint('10.1.0.1')], at(1));
    history.endpoints('shop/web', [], at(1));
    assert.deepEqual(history.times('shop/web'), {
      changedTime: '1970-01-01T00:00:00.000Z',
      endpointTimes: new Map(),
    });
  });
});
