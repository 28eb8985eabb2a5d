import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { service, slice, zones } from './objects.ts';
import { type Objects, recordsOf } from './records.ts';

/** What is said of a cluster with these objects, beside the version: a list of "name type data". */
function said({ services = [], slices = [] }: Partial<Objects>): string[] {
  const records = recordsOf({ services, slices }, zones);
  const lines = [...records.values()].flatMap(({ name, type, data }) =>
    data.map((item) => `${name} ${type} ${item}`),
  );
  return lines.filter((line) => !line.startsWith('dns-version.')).sort();
}

const WEB = 'web.team.svc.cluster.local.';

describe('the records of a cluster', () => {
  it('tell the version of the specification, whatever there is', () => {
    assert.deepEqual(
      recordsOf({ services: [], slices: [] }, zones),
      new Map([
        [
          'dns-version.cluster.local. TXT',
          { name: 'dns-version.cluster.local.', type: 'TXT', ttl: 5, data: ['"1.1.0"'] },
        ],
      ]),
    );
  });

  it('give a Service its addresses, its named ports and the way back', () => {
    const spec = {
      clusterIP: '10.96.1.2',
      clusterIPs: ['10.96.1.2', 'fd00:96::1:2'],
      ports: [{ name: 'http', port: 80 }, { name: 'dns', port: 53, protocol: 'UDP' }, { port: 9 }],
    };
    assert.deepEqual(said({ services: [service('web', spec)] }), [
      `2.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa. PTR ${WEB}`,
      `2.1.96.10.in-addr.arpa. PTR ${WEB}`,
      `_dns._udp.${WEB} SRV 0 100 53 ${WEB}`,
      `_http._tcp.${WEB} SRV 0 100 80 ${WEB}`,
      `${WEB} A 10.96.1.2`,
      `${WEB} AAAA fd00:96::1:2`,
    ]);
  });

  it('give a headless Service its ready endpoints, by hostname or address, which share the ports', () => {
    const endpoints = [
      { addresses: ['10.200.1.2'], hostname: 'db-0', conditions: { ready: true } },
      { addresses: ['10.200.1.3'], conditions: {} },
      { addresses: ['10.200.1.4'], conditions: { ready: false } },
    ];
    const slices = [slice('web', endpoints, [{ name: 'sql', port: 5432, protocol: 'TCP' }])];
    assert.deepEqual(said({ services: [service('web', { clusterIP: 'None' })], slices }), [
      `10-200-1-3.${WEB} A 10.200.1.3`,
      `2.1.200.10.in-addr.arpa. PTR db-0.${WEB}`,
      `_sql._tcp.${WEB} SRV 0 50 5432 10-200-1-3.${WEB}`,
      `_sql._tcp.${WEB} SRV 0 50 5432 db-0.${WEB}`,
      `db-0.${WEB} A 10.200.1.2`,
      `${WEB} A 10.200.1.2`,
      `${WEB} A 10.200.1.3`,
    ]);
  });

  it('say nothing of a headless Service without ready endpoints, nor of endpoints of another one', () => {
    const slices = [
      slice('web', [{ addresses: ['10.200.1.4'], conditions: { ready: false } }]),
      slice('other', [{ addresses: ['10.200.1.5'] }]),
    ];
    assert.deepEqual(said({ services: [service('web', { clusterIP: 'None' })], slices }), []);
  });

  it('lead an external name away', () => {
    const spec = { type: 'ExternalName', externalName: 'Example.COM' } as const;
    assert.deepEqual(said({ services: [service('web', spec)] }), [`${WEB} CNAME example.com.`]);
  });

  it('hold no text that would be more than a name, and no address outside of the zones', () => {
    const evil = { type: 'ExternalName', externalName: 'a.example.\nupdate add evil. 5 A 1.2.3.4' } as const;
    assert.deepEqual(said({ services: [service('web', evil)] }), []);
    const hostname = 'a\nsend\nb';
    const slices = [slice('web', [{ addresses: ['10.200.1.2'], hostname }], [{ name: 'x', port: 1 }])];
    const headless = said({ services: [service('web', { clusterIP: 'None' })], slices });
    assert.deepEqual(headless, [`${WEB} A 10.200.1.2`]);
    const spec = { clusterIP: '172.16.0.1' };
    assert.deepEqual(said({ services: [service('web', spec)] }), [`${WEB} A 172.16.0.1`]);
  });

  it('wait for a Service that has no address yet', () => {
    assert.deepEqual(said({ services: [service('web', { ports: [{ port: 80 }] })] }), []);
  });
});
