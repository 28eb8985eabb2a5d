import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpoint, facts, service } from './made-services.ts';
import { rowsOf } from './row-shape.ts';

/** outside are all addresses but those of Pods, for whose packets the node's address is put in. */
const outside = '0.0.0.0-10.243.255.255, 10.245.0.0-255.255.255.255';
const pods = '10.244.0.0-10.244.255.255';

describe('the row of a ClusterIP', () => {
  it('masks what comes from outside the Pods and what goes back to its sender, for every endpoint in iptables mode', () => {
    assert.deepEqual(rowsOf([service()], facts()), {
      'Address 10.96.0.7:80/tcp': {
        entering: [
          '10.244.1.5:8080 from all, masked 0.0.0.0-10.243.255.255, 10.244.1.5, 10.245.0.0-255.255.255.255',
          '10.244.2.4:8080 from all, masked 0.0.0.0-10.243.255.255, 10.244.2.4, 10.245.0.0-255.255.255.255',
        ],
        node: ['10.244.1.5:8080 from all, masked all', '10.244.2.4:8080 from all, masked all'],
      },
    });
  });

  it('masks what goes back to its sender in nftables mode only for endpoints of the node, and rejects other ports', () => {
    assert.deepEqual(rowsOf([service()], facts({ mode: 'nftables' })), {
      'Address 10.96.0.7:80/tcp': {
        entering: [
          '10.244.1.5:8080 from all, masked 0.0.0.0-10.243.255.255, 10.244.1.5, 10.245.0.0-255.255.255.255',
          `10.244.2.4:8080 from all, masked ${outside}`,
        ],
        node: ['10.244.1.5:8080 from all, masked all', '10.244.2.4:8080 from all, masked all'],
      },
      'OtherPorts 10.96.0.7:0/tcp': {
        entering: ['Reject from all, masked none'],
        node: ['Reject from all, masked none'],
      },
    });
  });

  it('takes an endpoint of a slice that names no node for local where another Service says so', () => {
    const { node: _, ...nowhere } = endpoint('10.244.1.5', 'n1');
    const copy = service({ name: 'copy', clusterIPs: ['10.96.0.8'], endpoints: [nowhere] });
    const rows = rowsOf([service(), copy], facts({ mode: 'nftables' }));
    assert.deepEqual(rows['Address 10.96.0.8:80/tcp']?.entering, [
      '10.244.1.5:8080 from all, masked 0.0.0.0-10.243.255.255, 10.244.1.5, 10.245.0.0-255.255.255.255',
    ]);
    const alone = rowsOf([copy], facts({ mode: 'nftables' }));
    assert.deepEqual(alone['Address 10.96.0.8:80/tcp']?.entering, [
      `10.244.1.5:8080 from all, masked ${outside}`,
    ]);
  });

  it('masks nothing that is delivered to the node itself, but what the node sends to itself', () => {
    const rows = rowsOf([service({ endpoints: [endpoint('10.99.0.11', 'n1')] })], facts());
    assert.deepEqual(rows['Address 10.96.0.7:80/tcp'], {
      entering: ['10.99.0.11:8080 from all, masked none'],
      node: ['10.99.0.11:8080 from all, masked all'],
    });
  });

  it('keeps the node’s own source where its address is one of the Pods’, unless it asks itself', () => {
    const node = facts({ primary: { IPv4: '10.244.9.9' }, host: new Set(['10.244.9.9']) });
    const endpoints = [endpoint('10.244.2.4', 'n2'), endpoint('10.244.9.9', 'n1')];
    assert.deepEqual(rowsOf([service({ endpoints })], node)['Address 10.96.0.7:80/tcp']?.node, [
      '10.244.2.4:8080 from all, masked none',
      '10.244.9.9:8080 from all, masked all',
    ]);
  });

  it('rejects without endpoints, and drops where the policy is Local and all endpoints are elsewhere', () => {
    assert.deepEqual(rowsOf([service({ endpoints: [] })], facts())['Address 10.96.0.7:80/tcp'], {
      entering: ['Reject from all, masked none'],
      node: ['Reject from all, masked none'],
    });
    const local = service({ internalLocal: true, endpoints: [endpoint('10.244.2.4', 'n2')] });
    assert.deepEqual(rowsOf([local], facts())['Address 10.96.0.7:80/tcp'], {
      entering: ['Drop from all, masked none'],
      node: ['Drop from all, masked none'],
    });
  });

  it('says for how long a client is sent to the same endpoint', () => {
    const [row] = Object.values(rowsOf([service({ affinitySeconds: 600 })], facts()));
    assert.deepEqual(row?.node, [
      '10.244.1.5:8080 from all, masked all, sticky 600',
      '10.244.2.4:8080 from all, masked all, sticky 600',
    ]);
  });

  it('is not there for headless Services, ExternalName, and those of other proxies', () => {
    const others = [
      service({ headless: true, clusterIPs: [] }),
      service({ type: 'ExternalName', externalName: 'example.org' }),
      service({ proxyName: 'mine' }),
      service({ clusterIPs: ['fd00:10:96::7'] }),
    ];
    assert.deepEqual(rowsOf(others, facts({ mode: 'nftables' })), {});
  });

  it('is there in each family that the Service has, with the endpoints and Pods of that family', () => {
    const dual = service({
      clusterIPs: ['10.96.0.7', 'fd00:10:96::7'],
      endpoints: [endpoint('10.244.2.4', 'n2'), endpoint('fd00:10:244:2::4', 'n2')],
    });
    const config = { ...configOf(), clusterCIDR: '10.244.0.0/16,fd00:10:244::/48' };
    const node = facts({ config, primary: { IPv4: '10.99.0.11', IPv6: 'fd00:99::11' } });
    assert.deepEqual(rowsOf([dual], node, 'IPv6'), {
      'Address fd00:10:96::7:80/tcp': {
        entering: [
          '[fd00:10:244:2::4]:8080 from all, masked ::-fd00:10:243:ffff:ffff:ffff:ffff:ffff, fd00:10:244:2::4, fd00:10:245::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
        ],
        node: ['[fd00:10:244:2::4]:8080 from all, masked all'],
      },
    });
  });
});

describe('what a configuration changes of a ClusterIP', () => {
  const one = service({ endpoints: [endpoint('10.244.2.4', 'n2')] });
  const rowWith = (
    config: Partial<ReturnType<typeof configOf>>,
    mode: 'iptables' | 'nftables' = 'iptables',
  ) => rowsOf([one], facts({ mode, config: { ...configOf(), ...config } }))['Address 10.96.0.7:80/tcp'];

  it('masks all of it with masqueradeAll', () => {
    assert.deepEqual(rowWith({ masqueradeAll: true }), {
      entering: ['10.244.2.4:8080 from all, masked all'],
      node: ['10.244.2.4:8080 from all, masked all'],
    });
  });

  it('masks only what goes back to its sender where Pods cannot be told from others', () => {
    assert.deepEqual(rowWith({ clusterCIDR: '' }), {
      entering: ['10.244.2.4:8080 from all, masked 10.244.2.4'],
      node: ['10.244.2.4:8080 from all, masked none'],
    });
    assert.deepEqual(rowWith({ clusterCIDR: 'fd00:10:244::/48' }, 'nftables'), {
      entering: ['10.244.2.4:8080 from all, masked none'],
      node: ['10.244.2.4:8080 from all, masked none'],
    });
  });

  it('takes the node’s own range for the Pods’ in NodeCIDR, and the first of several', () => {
    assert.deepEqual(rowWith({ detectLocalMode: 'NodeCIDR' })?.entering, [
      '10.244.2.4:8080 from all, masked 0.0.0.0-10.244.0.255, 10.244.2.0-255.255.255.255',
    ]);
    assert.deepEqual(rowWith({ clusterCIDR: '10.0.0.0/8,10.244.0.0/16' }, 'nftables')?.entering, [
      '10.244.2.4:8080 from all, masked 0.0.0.0-9.255.255.255, 11.0.0.0-255.255.255.255',
    ]);
  });

  it('tells interfaces of Pods apart where the configuration does', () => {
    for (const config of [
      { detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0' },
      { detectLocalMode: 'InterfaceNamePrefix', interfaceNamePrefix: 'veth' },
    ]) {
      assert.deepEqual(rowWith(config), {
        entering: ['10.244.2.4:8080 from all, masked all'],
        fromPods: ['10.244.2.4:8080 from all, masked 10.244.2.4'],
        node: ['10.244.2.4:8080 from all, masked all'],
      });
    }
  });

  it('leaves out of the row what hangs on a configuration that is not known', () => {
    const { config: _, ...unknown } = facts();
    assert.deepEqual(rowsOf([one], unknown)['Address 10.96.0.7:80/tcp'], {
      entering: ['10.244.2.4:8080 from all, masked none'],
      node: ['10.244.2.4:8080 from all, masked none'],
    });
  });
});

describe('the row of an address from outside', () => {
  const external = {
    type: 'LoadBalancer',
    externalIPs: ['198.51.100.7'],
    loadBalancerIPs: ['198.51.100.20'],
  };

  it('masks everything under the policy Cluster, whichever kind of address it is', () => {
    const rows = rowsOf([service(external)], facts());
    for (const address of ['198.51.100.7', '198.51.100.20']) {
      assert.deepEqual(rows[`Address ${address}:80/tcp`], {
        entering: ['10.244.1.5:8080 from all, masked all', '10.244.2.4:8080 from all, masked all'],
        node: ['10.244.1.5:8080 from all, masked all', '10.244.2.4:8080 from all, masked all'],
      });
    }
  });

  it('sends strangers to the node’s own endpoints under Local, and Pods and the node to all', () => {
    const rows = rowsOf([service({ ...external, externalLocal: true })], facts());
    assert.deepEqual(rows['Address 198.51.100.20:80/tcp'], {
      entering: [
        '10.244.1.5:8080 from all, masked 10.244.1.5',
        `10.244.2.4:8080 from ${pods}, masked 10.244.2.4`,
      ],
      node: ['10.244.1.5:8080 from all, masked all', '10.244.2.4:8080 from all, masked all'],
    });
  });

  it('drops strangers under Local where the node has no endpoint', () => {
    const rows = rowsOf([service({ ...external, externalLocal: true })], facts({ name: 'n3' }));
    assert.deepEqual(rows['Address 198.51.100.20:80/tcp']?.entering, [
      `10.244.1.5:8080 from ${pods}, masked 10.244.1.5`,
      `10.244.2.4:8080 from ${pods}, masked 10.244.2.4`,
      `Drop from ${outside}, masked none`,
    ]);
  });

  it('is rejected without endpoints: what enters in both modes, the node’s own packets in nftables mode', () => {
    const empty = service({ ...external, endpoints: [] });
    const rejected = ['Reject from all, masked none'];
    const row = (mode: 'iptables' | 'nftables', host = facts().host) =>
      rowsOf([empty], facts({ mode, host }))['Address 198.51.100.20:80/tcp'];
    assert.deepEqual(row('iptables'), { entering: rejected, node: [] });
    assert.deepEqual(row('nftables'), { entering: rejected, node: rejected });
    assert.deepEqual(row('iptables', new Set(['198.51.100.20'])), { entering: rejected, node: rejected });
  });

  it('lets only source ranges through to a load balancer’s address, not to others', () => {
    const ranged = service({ ...external, sourceRanges: ['203.0.113.0/24', 'fd00::/8'] });
    const rows = rowsOf([ranged], facts());
    const kept = '0.0.0.0-203.0.112.255, 203.0.114.0-255.255.255.255';
    assert.deepEqual(rows['Address 198.51.100.20:80/tcp'], {
      entering: [
        '10.244.1.5:8080 from 203.0.113.0-203.0.113.255, masked 203.0.113.0-203.0.113.255',
        '10.244.2.4:8080 from 203.0.113.0-203.0.113.255, masked 203.0.113.0-203.0.113.255',
        `Drop from ${kept}, masked none`,
      ],
      node: ['Drop from all, masked none'],
    });
    assert.deepEqual(
      rows['Address 198.51.100.7:80/tcp'],
      rowsOf([service(external)], facts())['Address 198.51.100.7:80/tcp'],
    );
  });

  it('takes a range of every address for none', () => {
    const ranged = service({ ...external, sourceRanges: ['203.0.113.0/24', '0.0.0.0/0'] });
    assert.deepEqual(rowsOf([ranged], facts()), rowsOf([service(external)], facts()));
  });

  it('lets the node and the address itself through where a range has the node’s address in it', () => {
    const ranged = service({
      ...external,
      sourceRanges: ['10.99.0.0/24'],
      endpoints: [endpoint('10.244.1.5', 'n1')],
    });
    assert.deepEqual(rowsOf([ranged], facts())['Address 198.51.100.20:80/tcp'], {
      entering: [
        '10.244.1.5:8080 from 10.99.0.0-10.99.0.255, 198.51.100.20, masked 10.99.0.0-10.99.0.255, 198.51.100.20',
        'Drop from 0.0.0.0-10.98.255.255, 10.99.1.0-198.51.100.19, 198.51.100.21-255.255.255.255, masked none',
      ],
      node: ['10.244.1.5:8080 from all, masked all'],
    });
  });

  it('keeps its wall without endpoints in nftables mode only', () => {
    const ranged = service({ ...external, sourceRanges: ['203.0.113.0/24'], endpoints: [] });
    const row = (mode: 'iptables' | 'nftables') =>
      rowsOf([ranged], facts({ mode }))['Address 198.51.100.20:80/tcp']?.entering;
    assert.deepEqual(row('iptables'), ['Reject from all, masked none']);
    assert.deepEqual(row('nftables'), [
      'Drop from 0.0.0.0-203.0.112.255, 203.0.114.0-255.255.255.255, masked none',
      'Reject from 203.0.113.0-203.0.113.255, masked none',
    ]);
  });
});

function configOf() {
  const { config } = facts();
  assert.ok(config);
  return config;
}
