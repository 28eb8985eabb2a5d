import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExpectedTables } from '../../../src/checks/service-rules/expected/expected.ts';
import { capturedFacts, capturedServices } from './captured-cluster.ts';
import { allBuckets, nameOf, shapeOf } from './row-shape.ts';

/** Rows read off the captured rules by eye. Pods' sources are 10.244.0.0/16. */
const pods = '10.244.0.0-10.244.255.255';
const outside = '0.0.0.0-10.243.255.255, 10.245.0.0-255.255.255.255';
const kept = '0.0.0.0-203.0.112.255, 203.0.114.0-255.255.255.255';

/** capturedRows are those of one Service that a node must have by the API of a capture. */
function capturedRows(capture: string, node: string, name: string) {
  const tables = new ExpectedTables(capturedServices(capture));
  const rows = [...tables.rows(capturedFacts(capture, node), 'IPv4', allBuckets).values()];
  return Object.fromEntries(
    rows.filter(({ service }) => service === name).map(({ entry }) => [nameOf(entry), shapeOf(entry)]),
  );
}

/** maskedOutside is an endpoint that gets everything, masked from outside the Pods and from itself. */
function maskedOutside(address: string, port: number): string {
  return `${address}:${port} from all, masked 0.0.0.0-10.243.255.255, ${address}, 10.245.0.0-255.255.255.255`;
}

function maskedAll(port: number, ...addresses: readonly string[]): readonly string[] {
  return addresses.map((address) => `${address}:${port} from all, masked all`);
}

describe('the rows of shop/lb-ranges in iptables mode', () => {
  const rows = capturedRows('iptables-healthy', 'n1', 'shop/lb-ranges');
  const addresses = ['10.244.1.5', '10.244.2.4', '10.244.3.4', '10.244.3.6'];

  it('send its ClusterIP to all endpoints, whatever its external policy', () => {
    assert.deepEqual(rows['Address 10.96.162.251:443/tcp'], {
      entering: addresses.map((address) => maskedOutside(address, 8080)),
      node: maskedAll(8080, ...addresses),
    });
  });

  it('send its load balancer’s address from its range to the one endpoint of the node, with the source kept', () => {
    assert.deepEqual(rows['Address 198.51.100.21:443/tcp'], {
      entering: [
        '10.244.1.5:8080 from 203.0.113.0-203.0.113.255, masked none',
        `Drop from ${kept}, masked none`,
      ],
      node: ['Drop from all, masked none'],
    });
  });

  it('send its node port from Pods to all, from elsewhere to the endpoint of the node', () => {
    const entering = [
      '10.244.1.5:8080 from all, masked 10.244.1.5',
      ...addresses.slice(1).map((address) => `${address}:8080 from ${pods}, masked ${address}`),
    ];
    assert.deepEqual(rows['NodePort :32699/tcp'], { entering, node: maskedAll(8080, ...addresses) });
    // The bridge's address is one of the Pods': KUBE-EXT takes it for a Pod, and marks nothing.
    assert.deepEqual(rows['NodePortElsewhere :32699/tcp'], {
      entering,
      node: addresses.map((address) => `${address}:8080 from all, masked none`),
    });
    assert.deepEqual(rows['NodePortLoopback :32699/tcp'], {
      entering: [],
      node: maskedAll(8080, ...addresses),
    });
  });
});

describe('the rows of shop/np-local on a node without its endpoint', () => {
  const port = {
    entering: [
      '10.244.3.5:5432 from 10.244.0.0-10.244.255.255, masked none',
      `Drop from ${outside}, masked none`,
    ],
    node: ['10.244.3.5:5432 from all, masked all'],
  };

  it('drop in iptables mode on every address what comes neither from Pods nor from the node', () => {
    const entering = [`10.244.3.5:5432 from ${pods}, masked 10.244.3.5`, `Drop from ${outside}, masked none`];
    assert.deepEqual(capturedRows('iptables-healthy', 'n1', 'shop/np-local'), {
      'Address 10.96.20.66:5432/tcp': {
        entering: [maskedOutside('10.244.3.5', 5432)],
        node: maskedAll(5432, '10.244.3.5'),
      },
      'NodePort :30432/tcp': { entering, node: port.node },
      'NodePortElsewhere :30432/tcp': { entering, node: ['10.244.3.5:5432 from all, masked none'] },
      'NodePortLoopback :30432/tcp': { entering: [], node: port.node },
    });
  });

  it('are of the node’s first address alone in nftables mode, and mask nothing between Pods of other nodes', () => {
    assert.deepEqual(capturedRows('nftables-healthy', 'n1', 'shop/np-local'), {
      'Address 10.96.20.66:5432/tcp': {
        entering: [`10.244.3.5:5432 from all, masked ${outside}`],
        node: maskedAll(5432, '10.244.3.5'),
      },
      'NodePort :30432/tcp': port,
      'OtherPorts 10.96.20.66:0/tcp': rejected(),
    });
  });

  it('are on the node with its endpoint open to everyone', () => {
    const rows = capturedRows('nftables-healthy', 'n3', 'shop/np-local');
    assert.deepEqual(rows['NodePort :30432/tcp'], {
      entering: ['10.244.3.5:5432 from all, masked 10.244.3.5'],
      node: port.node,
    });
  });
});

describe('the rows of other Services of the captures', () => {
  it('drop or keep on the node what is Local inside the cluster', () => {
    const dropped = { entering: ['Drop from all, masked none'], node: ['Drop from all, masked none'] };
    const key = 'Address 10.96.136.100:5432/tcp';
    for (const capture of ['iptables-healthy', 'nftables-healthy']) {
      assert.deepEqual(capturedRows(capture, 'n1', 'shop/internal-local')[key], dropped);
      assert.deepEqual(capturedRows(capture, 'n3', 'shop/internal-local')[key], {
        entering: [maskedOutside('10.244.3.5', 5432)],
        node: maskedAll(5432, '10.244.3.5'),
      });
    }
  });

  it('follow hints to the endpoints of the node', () => {
    const key = 'Address 10.96.93.18:80/tcp';
    const on = (node: string) => capturedRows('iptables-healthy', node, 'shop/near')[key]?.node;
    assert.deepEqual(
      ['n1', 'n2', 'n3'].map(on),
      [['10.244.1.5'], ['10.244.2.4'], ['10.244.3.4', '10.244.3.6']].map((each) => maskedAll(8080, ...each)),
    );
  });

  it('keep clients with their endpoint for ten minutes', () => {
    const rows = capturedRows('nftables-healthy', 'n2', 'shop/sticky');
    assert.deepEqual(rows['Address 10.96.217.146:80/tcp'], {
      entering: [
        `10.244.1.5:8080 from all, masked ${outside}, sticky 600`,
        `${maskedOutside('10.244.2.4', 8080)}, sticky 600`,
        `10.244.3.7:8080 from all, masked ${outside}, sticky 600`,
        `10.244.3.8:8080 from all, masked ${outside}, sticky 600`,
      ],
      node: maskedAll(8080, '10.244.1.5', '10.244.2.4', '10.244.3.7', '10.244.3.8').map(
        (line) => `${line}, sticky 600`,
      ),
    });
  });

  it('reject what has no endpoint that is ready, and send on what is published all the same', () => {
    for (const name of ['shop/nobody', 'shop/not-ready']) {
      assert.deepEqual(Object.values(capturedRows('iptables-healthy', 'n2', name)), [rejected()]);
    }
    const published = capturedRows('iptables-healthy', 'n2', 'shop/not-ready-published');
    assert.deepEqual(
      published['Address 10.96.227.89:80/tcp']?.node,
      maskedAll(80, '10.244.1.6', '10.244.2.5'),
    );
  });

  it('send to an endpoint outside the cluster, and not to one that terminates beside it', () => {
    assert.deepEqual(capturedRows('iptables-healthy', 'n1', 'shop/manual'), {
      'Address 10.96.254.63:3306/tcp': {
        entering: [`192.0.2.10:3306 from all, masked ${outside}`],
        node: maskedAll(3306, '192.0.2.10'),
      },
    });
  });

  it('are none of a headless Service, of ExternalName and of another proxy’s', () => {
    for (const name of ['shop/headless', 'shop/elsewhere', 'shop/other-proxy']) {
      assert.deepEqual(capturedRows('nftables-healthy', 'n1', name), {});
    }
  });
});

function rejected() {
  return { entering: ['Reject from all, masked none'], node: ['Reject from all, masked none'] };
}
