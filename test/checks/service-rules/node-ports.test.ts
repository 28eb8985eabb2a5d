import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProxyConfig } from '../../../src/checks/service-rules/evidence.ts';
import { nodePortPlacesOf } from '../../../src/checks/service-rules/expected/node-ports.ts';
import type { NodeFacts } from '../../../src/checks/service-rules/node-facts.ts';
import { capturedConfig } from './captured-cluster.ts';
import { endpoint, facts, service } from './made-services.ts';
import { rowsOf } from './row-shape.ts';

const outside = '0.0.0.0-10.243.255.255, 10.245.0.0-255.255.255.255';
const pods = '10.244.0.0-10.244.255.255';
const web = service({
  type: 'NodePort',
  ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
  endpoints: [endpoint('10.244.2.4', 'n2')],
});

/** nodePortRows are the rows of the node port alone. */
function nodePortRows(services: Parameters<typeof rowsOf>[0], node: NodeFacts) {
  return Object.fromEntries(
    Object.entries(rowsOf(services, node))
      .filter(([name]) => name.startsWith('NodePort'))
      .map(([name, row]) => [name.slice(0, name.indexOf(' ')), row]),
  );
}

describe('the rows of a node port', () => {
  const all = ['10.244.2.4:8080 from all, masked all'];

  it('are there for every address of the node in iptables mode, loopback for the node’s own packets', () => {
    assert.deepEqual(nodePortRows([web], facts()), {
      NodePort: { entering: all, node: all },
      NodePortElsewhere: { entering: all, node: all },
      NodePortLoopback: { entering: [], node: all },
    });
  });

  it('are there for its first address alone in nftables mode', () => {
    assert.deepEqual(nodePortRows([web], facts({ mode: 'nftables' })), {
      NodePort: { entering: all, node: all },
    });
  });

  it('keep the source of Pods and of a bridge in the Pods’ range under the policy Local', () => {
    const local = { ...web, externalLocal: true };
    assert.deepEqual(nodePortRows([local], facts()), {
      NodePort: {
        entering: [`10.244.2.4:8080 from ${pods}, masked 10.244.2.4`, `Drop from ${outside}, masked none`],
        node: all,
      },
      NodePortElsewhere: {
        entering: [`10.244.2.4:8080 from ${pods}, masked 10.244.2.4`, `Drop from ${outside}, masked none`],
        node: ['10.244.2.4:8080 from all, masked none'],
      },
      NodePortLoopback: { entering: [], node: all },
    });
  });

  it('refuse without endpoints on every address in iptables mode, served or not', () => {
    const rejected = ['Reject from all, masked none'];
    const config = { ...capturedConfig, nodePortAddresses: ['10.99.0.0/24'], localhostNodePorts: false };
    const empty = { ...web, endpoints: [] };
    assert.deepEqual(nodePortRows([empty], facts({ config })), {
      NodePort: { entering: rejected, node: rejected },
      NodePortElsewhere: { entering: rejected, node: rejected },
      NodePortLoopback: { entering: [], node: rejected },
    });
    assert.deepEqual(nodePortRows([empty], facts({ config, mode: 'nftables' })), {
      NodePort: { entering: rejected, node: rejected },
    });
    const dropped = ['Drop from all, masked none'];
    const local = { ...web, externalLocal: true };
    assert.deepEqual(nodePortRows([local], facts({ config })).NodePortElsewhere, {
      entering: dropped,
      node: dropped,
    });
    assert.deepEqual(Object.keys(nodePortRows([web], facts({ config }))), ['NodePort']);
  });

  it('are told for the first address alone where the configuration is not known', () => {
    const { config: _, ...unknown } = facts();
    assert.deepEqual(nodePortRows([{ ...web, externalLocal: true }], unknown), {
      NodePort: {
        entering: ['Drop from all, masked none'],
        node: ['10.244.2.4:8080 from all, masked none'],
      },
    });
  });
});

describe('where node ports work', () => {
  const served = (config: Partial<ProxyConfig>, more: Partial<NodeFacts> = {}) => {
    const node = facts({ ...more, config: { ...capturedConfig, ...config } });
    return nodePortPlacesOf(node, 'IPv4').flatMap((place) => (place.served ? place.address : []));
  };

  it('is everywhere by default in iptables mode, and on the first address in nftables mode', () => {
    assert.deepEqual(served({}), ['10.99.0.11', '10.244.1.1', '127.0.0.1']);
    assert.deepEqual(served({ nodePortAddresses: ['primary'] }), ['10.99.0.11']);
    assert.deepEqual(served({}, { mode: 'nftables' }), ['10.99.0.11']);
    assert.deepEqual(served({ nodePortAddresses: ['primary'] }, { mode: 'nftables' }), ['10.99.0.11']);
  });

  it('is where the ranges say, loopback only where it may be', () => {
    assert.deepEqual(served({ nodePortAddresses: ['10.244.0.0/16'] }), ['10.244.1.1']);
    assert.deepEqual(served({ nodePortAddresses: ['127.0.0.0/8', '10.99.0.0/24'] }), [
      '10.99.0.11',
      '127.0.0.1',
    ]);
    assert.deepEqual(served({ nodePortAddresses: ['127.0.0.0/8'], localhostNodePorts: false }), []);
    const nftables = { mode: 'nftables' } as const;
    assert.deepEqual(served({ nodePortAddresses: ['0.0.0.0/0'] }, nftables), ['10.99.0.11', '10.244.1.1']);
  });

  it('is everywhere in a family of which nothing is said, or of which the node has no first address', () => {
    assert.deepEqual(served({ nodePortAddresses: ['fd00:99::/64'] }), [
      '10.99.0.11',
      '10.244.1.1',
      '127.0.0.1',
    ]);
    const host = new Set(['10.99.0.11', 'fd00:99::11', 'fe80::1']);
    const places = nodePortPlacesOf(facts({ mode: 'nftables', host }), 'IPv6');
    assert.deepEqual(places, [{ kind: 'NodePortElsewhere', address: 'fd00:99::11', served: true }]);
  });
});
