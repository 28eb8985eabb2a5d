import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointView, ServiceView } from '../../../src/checks/cluster-view.ts';
import { chooseEndpoints } from '../../../src/checks/service-rules/expected/endpoint-choice.ts';
import { servicePortsOf } from '../../../src/checks/service-rules/expected/service-port.ts';
import { endpoint, service } from './made-services.ts';

const one = '10.244.1.5';
const other = '10.244.2.4';

/** chosenOn says which endpoints n1, in zone a, uses: their last numbers. */
function chosenOn(
  endpoints: readonly EndpointView[],
  more: Partial<ServiceView> = {},
  node = { name: 'n1', zone: 'a' },
) {
  const [port] = servicePortsOf(service({ endpoints, ...more }), 'IPv4');
  assert.ok(port);
  const { cluster, local, usable } = chooseEndpoints(port, node);
  return { cluster: cluster.map(({ ip }) => ip), local: local.map(({ ip }) => ip), usable };
}

const gone = { ready: false, serving: true, terminating: true };
const down = { ready: false, serving: false };

describe('the choice of endpoints', () => {
  it('is of all that are ready', () => {
    const endpoints = [endpoint(one, 'n1'), endpoint(other, 'n2', down), endpoint('10.244.3.6', 'n3', gone)];
    assert.deepEqual(chosenOn(endpoints), { cluster: [one], local: [], usable: true });
  });

  it('falls back to those that serve while they terminate only where none is ready', () => {
    const endpoints = [endpoint(one, 'n1', gone), endpoint(other, 'n2', down)];
    assert.deepEqual(chosenOn(endpoints), { cluster: [one], local: [], usable: true });
    assert.deepEqual(chosenOn([endpoint(one, 'n1', down)]), { cluster: [], local: [], usable: false });
  });

  it('falls back on the node under a policy Local although others are ready elsewhere', () => {
    const endpoints = [endpoint(one, 'n1', gone), endpoint(other, 'n2')];
    assert.deepEqual(chosenOn(endpoints, { internalLocal: true }), {
      cluster: [other],
      local: [one],
      usable: true,
    });
    const external = { externalLocal: true, externalIPs: ['198.51.100.7'] };
    assert.deepEqual(chosenOn(endpoints, external).local, [one]);
    // The policy is about nothing without an address from outside.
    assert.deepEqual(chosenOn(endpoints, { externalLocal: true }).local, []);
  });

  it('follows hints by node where every ready endpoint has one, and one is for this node', () => {
    const [here, there] = [{ nodeHints: ['n1'] }, { nodeHints: ['n2'] }];
    const endpoints = [endpoint(one, 'n1', here), endpoint(other, 'n2', there)];
    assert.deepEqual(chosenOn(endpoints).cluster, [one]);
    assert.deepEqual(chosenOn(endpoints, {}, { name: 'n3', zone: 'a' }).cluster, [one, other]);
    assert.deepEqual(chosenOn([endpoint(one, 'n1', here), endpoint(other, 'n2')]).cluster, [one, other]);
    const waiting = endpoint('10.244.3.6', 'n3', down);
    assert.deepEqual(chosenOn([...endpoints, waiting]).cluster, [one]);
  });

  it('follows hints by zone where those by node say nothing', () => {
    const [a, b] = [{ zoneHints: ['a'] }, { zoneHints: ['b'] }];
    const endpoints = [endpoint(one, 'n1', a), endpoint(other, 'n2', { ...b, nodeHints: ['n2'] })];
    assert.deepEqual(chosenOn(endpoints).cluster, [one]);
    assert.deepEqual(chosenOn(endpoints, {}, { name: 'n9', zone: 'c' }).cluster, [one, other]);
    assert.deepEqual(chosenOn([endpoint(one, 'n1', a), endpoint(other, 'n2')]).cluster, [one, other]);
  });
});

describe('the endpoints of a port', () => {
  const named = (name: string, protocol: string, port: number) => [{ name, protocol, port }];

  it('are those of the same name and protocol, whatever number each slice gives them', () => {
    const [first, second] = servicePortsOf(
      service({
        ports: [
          { name: 'dns', protocol: 'UDP', port: 53 },
          { name: 'dns', protocol: 'TCP', port: 53 },
        ],
        endpoints: [
          endpoint(one, 'n1', { ports: named('dns', 'UDP', 5353) }),
          endpoint(other, 'n2', { ports: named('dns', 'UDP', 53) }),
          endpoint(other, 'n2', { ports: named('dns', 'TCP', 1053) }),
          endpoint(one, 'n1', { ports: named('web', 'TCP', 80) }),
        ],
      }),
      'IPv4',
    );
    assert.deepEqual(
      first?.endpoints.map(({ text }) => text),
      [`${one}:5353`, `${other}:53`],
    );
    assert.deepEqual(
      second?.endpoints.map(({ text }) => text),
      [`${other}:1053`],
    );
  });

  it('hold an address and port once, as the one that does not terminate', () => {
    for (const endpoints of [
      [endpoint(one, 'n1', gone), endpoint(one, 'n1')],
      [endpoint(one, 'n1'), endpoint(one, 'n1', gone)],
    ]) {
      const [port] = servicePortsOf(service({ endpoints }), 'IPv4');
      assert.deepEqual(port?.endpoints, [
        {
          text: `${one}:8080`,
          ip: one,
          ready: true,
          lastResort: false,
          node: 'n1',
          zoneHints: undefined,
          nodeHints: undefined,
        },
      ]);
    }
  });
});
