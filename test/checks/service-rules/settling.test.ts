import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ClusterView, type ServiceView, servicePortKey } from '../../../src/checks/cluster-view.ts';
import { judge } from '../../../src/checks/service-rules/judge.ts';
import { makeEndpoint } from '../dns/clusters.ts';
import {
  inputOf,
  long,
  makeCluster,
  makeShop,
  type NodeModel,
  reasonsOf,
  recently,
  told,
} from './modelled.ts';

const still = makeShop('still', '10.96.0.20', ['10.244.1.20']);
const pods = ['10.244.1.4', '10.244.2.4', '10.244.3.4'];
const shop = (these: readonly string[], changes: Partial<ServiceView> = {}) =>
  makeShop('api', '10.96.0.10', these, changes);
const times = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));

/** seenBy judges a cluster on whose node n3 kube-proxy wrote its rules when there were other Services. */
const seenBy = (
  now: readonly ServiceView[],
  then: readonly ServiceView[],
  changes: Partial<ClusterView> = {},
  node: Partial<NodeModel> = {},
) =>
  judge(
    inputOf({
      cluster: makeCluster([still, ...now], changes),
      nodes: { n3: { written: makeCluster([still, ...then]), ...node } },
    }),
  );

describe('What has just changed', () => {
  it('is not held against a node: an endpoint that came', () => {
    const now = shop(pods, {
      endpointTimes: times({ [pods[0] ?? '']: long, [pods[1] ?? '']: long, [pods[2] ?? '']: recently }),
    });
    assert.deepEqual(told(seenBy([now], [shop(pods.slice(0, 2))])), [
      'Skipped Settling | n3 Services | 10.244.3.4:8080 of Service shop/api changed within the settle window',
    ]);
  });

  it('is not held against a node: an endpoint that went', () => {
    const now = shop(pods.slice(0, 2), {
      endpointTimes: times({ '10.244.1.4': long, '10.244.2.4': long, '10.244.3.4': recently }),
    });
    assert.deepEqual(reasonsOf(seenBy([now], [shop(pods)])), ['n3 Skipped Settling']);
  });

  it('hides nothing that changed before, of the same Service', () => {
    const now = shop(['10.244.1.4', '10.244.2.4'], {
      endpointTimes: times({ '10.244.1.4': long, '10.244.2.4': recently, '10.244.3.4': long }),
    });
    assert.deepEqual(reasonsOf(seenBy([now], [shop(['10.244.1.4', '10.244.3.4'])])), [
      'n3 Failed EndpointStale',
      'n3 Skipped Settling',
    ]);
  });

  it('counts when it changed before the window', () => {
    assert.deepEqual(reasonsOf(seenBy([shop(pods)], [shop(pods.slice(1))])), ['n3 Failed EndpointMissing']);
    const gone = shop(pods.slice(0, 2), {
      endpointTimes: times({ '10.244.1.4': long, '10.244.2.4': long, '10.244.3.4': long }),
    });
    assert.deepEqual(reasonsOf(seenBy([gone], [shop(pods)])), ['n3 Failed EndpointStale']);
  });

  it('counts later where kube-proxy may take longer', () => {
    const time = '2026-11-22T08:17:30Z';
    const now = shop(pods, {
      endpointTimes: times({ '10.244.1.4': long, '10.244.2.4': long, '10.244.3.4': time }),
    });
    const model = {
      cluster: makeCluster([still, now]),
      nodes: { n3: { written: makeCluster([still, shop(pods.slice(0, 2))]) } },
    };
    assert.deepEqual(reasonsOf(judge(inputOf(model))), ['n3 Failed EndpointMissing']);
    assert.deepEqual(reasonsOf(judge(inputOf({ ...model, maxLagSeconds: 180 }))), ['n3 Skipped Settling']);
  });

  it('may be the last endpoint: packets are refused, or are not yet', () => {
    const none = shop([], { endpointTimes: times({ '10.244.1.4': recently }) });
    const one = shop(['10.244.1.4'], { endpointTimes: times({ '10.244.1.4': recently }) });
    assert.deepEqual(reasonsOf(seenBy([none], [one])), ['n3 Skipped Settling']);
    assert.deepEqual(reasonsOf(seenBy([one], [none])), ['n3 Skipped Settling']);
    const more = shop(pods, {
      endpointTimes: times({ [pods[0] ?? '']: recently, [pods[1] ?? '']: long, [pods[2] ?? '']: long }),
    });
    assert.ok(reasonsOf(seenBy([more], [none])).some((each) => each.startsWith('n3 Failed')));
  });

  it('may decide over endpoints that did not change: terminating ones serve while none is ready', () => {
    const leaving = makeEndpoint('10.244.1.4', {
      ready: false,
      terminating: true,
      node: 'n1',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    });
    const before = shop([], { endpoints: [leaving] });
    const ready = shop(['10.244.2.4'], {});
    const now = shop([], {
      endpoints: [leaving, ...ready.endpoints],
      endpointTimes: times({ '10.244.1.4': long, '10.244.2.4': recently }),
    });
    assert.deepEqual(reasonsOf(seenBy([now], [before])), ['n3 Skipped Settling']);
  });

  it('may be hints, which count only where all endpoints have them', () => {
    const hinted = (address: string, node: string) => ({
      ...makeEndpoint(address, { node, ports: [{ name: 'http', protocol: 'TCP', port: 8080 }] }),
      nodeHints: ['n3'],
    });
    const now = shop([], {
      endpoints: [hinted('10.244.1.4', 'n1'), { ...hinted('10.244.2.4', 'n2'), nodeHints: ['n2'] }],
      endpointTimes: times({ '10.244.1.4': long, '10.244.2.4': long, '10.244.3.4': recently }),
    });
    assert.deepEqual(reasonsOf(seenBy([now], [shop(pods)])), ['n3 Skipped Settling']);
  });

  it('may be the Service itself', () => {
    const now = shop(pods, { changedTime: recently });
    assert.deepEqual(told(seenBy([now], [])), [
      `Skipped Settling | n3 Services | Service shop/api changed at ${recently}`,
    ]);
    assert.deepEqual(reasonsOf(seenBy([shop(pods)], [])), ['n3 Failed ServiceMissing']);
  });

  it('may be a Service that went', () => {
    const former = (time: string) => ({
      formerPorts: new Map([[servicePortKey('10.96.0.10', 'TCP', 80), time]]),
    });
    assert.deepEqual(told(seenBy([], [shop(pods)], former(recently))), [
      `Skipped Settling | n3 Services | 10.96.0.10 TCP 80 was a Service's until ${recently}`,
    ]);
    assert.deepEqual(reasonsOf(seenBy([], [shop(pods)], former(long))), ['n3 Failed ServiceStale']);
  });

  describe('may be one of two Services that claim one address, of which a node serves either', () => {
    const external = { externalIPs: ['192.0.2.7'] };
    const api = (changes: Partial<ServiceView>) => shop(pods, changes);
    const web = (address: string, changes: Partial<ServiceView>) =>
      makeShop('web', '10.96.0.11', [address], changes);

    for (const { when, changed, gaveUp } of [
      { when: recently, changed: ['n3 Skipped Settling'], gaveUp: ['n3 Skipped Settling'] },
      {
        when: long,
        changed: ['n3 Failed EndpointMissing', 'n3 Failed EndpointStale', 'n3 Failed EndpointWrong'],
        gaveUp: ['n3 Failed EndpointMissing', 'n3 Failed EndpointWrong'],
      },
    ]) {
      it(`with an endpoint that changed at ${when}`, () => {
        const endpointTimes = times({ '10.244.2.8': when, '10.244.2.9': when });
        const now = [api(external), web('10.244.2.9', { ...external, endpointTimes })];
        const then = [api({}), web('10.244.2.8', external)];
        const found = reasonsOf(seenBy(now, then));
        assert.deepEqual(found, changed);
      });

      it(`that gave it up at ${when}`, () => {
        const formerPorts = times({ [servicePortKey('192.0.2.7', 'TCP', 80)]: when });
        const now = [api(external), web('10.244.2.9', {})];
        const then = [api({}), web('10.244.2.9', external)];
        const found = reasonsOf(seenBy(now, then, { formerPorts }));
        assert.deepEqual(found, gaveUp);
      });
    }
  });

  it('leaves no trace when it went: what was never seen counts only if somebody watched', () => {
    assert.deepEqual(reasonsOf(seenBy([], [shop(pods)])), ['n3 Failed ServiceStale']);
    assert.deepEqual(reasonsOf(seenBy([], [shop(pods)], { watchedSince: recently })), [
      'n3 Skipped Settling',
    ]);
    const { watchedSince: _, ...unwatched } = makeCluster([still]);
    const verdicts = judge(
      inputOf({ cluster: unwatched, nodes: { n3: { written: makeCluster([still, shop(pods)]) } } }),
    );
    assert.deepEqual(reasonsOf(verdicts), ['n3 Skipped Settling']);
    assert.deepEqual(reasonsOf(seenBy([shop(pods.slice(0, 2))], [shop(pods)], { watchedSince: recently })), [
      'n3 Skipped Settling',
    ]);
  });

  it('is told when it has not come to rest for a quarter of an hour', () => {
    const restless = {
      endpointTimes: times({ [pods[2] ?? '']: recently }),
      restlessSince: '2026-11-22T08:00:00Z',
    };
    assert.deepEqual(told(seenBy([shop(pods, restless)], [shop(pods.slice(0, 2))])), [
      'Unknown SettlingTooLong | n3 Services | Service shop/api has been changing since 2026-11-22T08:00:00Z without a quiet moment',
    ]);
    assert.deepEqual(told(judge(inputOf({ cluster: makeCluster([still, shop(pods, restless)]) }))), []);
  });

  it('is not taken for a log that lacks rows, when it changed while the log was read', () => {
    const now = shop(pods, { endpointTimes: times({ [pods[2] ?? '']: recently }) });
    const then = [shop(pods.slice(0, 2))];
    const log = { lines: [] };
    assert.deepEqual(reasonsOf(seenBy([now], then, {}, { log })), ['n3 Skipped Settling']);
    assert.deepEqual(reasonsOf(seenBy([shop(pods)], then, {}, { log })), ['n3 Unknown RowsNotRead']);
    const formerPorts = new Map([[servicePortKey('10.96.0.10', 'TCP', 80), recently]]);
    assert.deepEqual(reasonsOf(seenBy([], then, { formerPorts }, { log })), ['n3 Skipped Settling']);
  });

  it('makes no failure, whatever comes and goes, and hides none of a node that has stood still for longer', () => {
    const lagging = {
      ...still,
      endpoints: [makeEndpoint('10.244.1.99', { ports: still.endpoints[0]?.ports ?? [] })],
    };
    fc.assert(
      fc.property(
        fc.array(changing, { minLength: 1, maxLength: 5 }),
        fc.constantFrom('iptables', 'nftables'),
        (changes, mode) => {
          const formerPorts = new Map<string, string>();
          const past = changes.flatMap(({ before, ...rest }, index) =>
            before === null ? [] : [madeOf(index, before, rest)],
          );
          const now = changes.flatMap(({ before, now: after, ...rest }, index) => {
            if (after === null) {
              for (const key of keysOf(index)) formerPorts.set(key, recently);
              return [];
            }
            const endpointTimes = new Map(
              pods.flatMap((pod): [string, string][] => {
                const same = before?.[pod] === after[pod];
                return same && after[pod] === undefined ? [] : [[pod, same ? long : recently]];
              }),
            );
            const changedTime = before === null ? recently : long;
            return [{ ...madeOf(index, after, rest), changedTime, endpointTimes }];
          });
          const verdicts = judge(
            inputOf({
              cluster: makeCluster([still, ...now], { formerPorts }),
              nodes: {
                n2: { mode, written: makeCluster([still, ...past]) },
                n3: { mode, written: makeCluster([lagging, ...past]) },
              },
            }),
          );
          const wrong = verdicts.filter(({ outcome }) => outcome === 'Failed' || outcome === 'Unknown');
          assert.deepEqual(
            wrong.map(({ node }) => node),
            wrong.map(() => 'n3'),
          );
          assert.ok(wrong.length > 0 && wrong.every(({ message }) => message.startsWith('shop/still:http')));
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** States are those of a Service's endpoints, by address; those that are not there have none. */
type States = Readonly<Record<string, 'ready' | 'unready' | 'terminating' | 'hinted' | undefined>>;

const states: fc.Arbitrary<States> = fc.record(
  Object.fromEntries(
    pods.map((pod) => [pod, fc.constantFrom('ready', 'ready', 'unready', 'terminating', 'hinted')]),
  ),
  { requiredKeys: [] },
);

/** changing is a Service that is made, changes its endpoints, or goes. */
const changing = fc.record({
  before: fc.option(states),
  now: fc.option(states),
  local: fc.boolean(),
});

function madeOf(index: number, of: States, { local }: { readonly local: boolean }): ServiceView {
  const ports = [{ name: 'http', protocol: 'TCP', port: 8080 }];
  const endpoints = pods.flatMap((pod, at) => {
    const state = of[pod];
    if (state === undefined) return [];
    const ready = state === 'ready' || state === 'hinted';
    const node = `n${at + 1}`;
    return [
      {
        ...makeEndpoint(pod, { ports, node, ready, serving: ready || state === 'terminating' }),
        terminating: state === 'terminating',
        ...(state === 'hinted' ? { nodeHints: [node] } : {}),
      },
    ];
  });
  return makeShop(`s${index}`, `10.96.9.${index + 1}`, [], {
    type: 'NodePort',
    ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30000 + index }],
    internalLocal: local,
    externalLocal: local,
    endpoints,
  });
}

function keysOf(index: number): readonly string[] {
  const address = `10.96.9.${index + 1}`;
  return [
    servicePortKey(address, 'TCP', 80),
    servicePortKey(address, 'TCP', 0),
    servicePortKey('', 'TCP', 30000 + index),
  ];
}
