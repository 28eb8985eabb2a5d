import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addressOf,
  canonical,
  familyOf,
  sameAddress,
  socketAddress,
} from '../../../src/checks/pod-to-pod/addresses.ts';

describe('Addresses of Pods', () => {
  for (const [address, family, spelled] of [
    ['10.244.1.5', 'IPv4', '10.244.1.5'],
    ['0.0.0.0', 'IPv4', '0.0.0.0'],
    ['fd00::5', 'IPv6', 'fd00::5'],
    ['FD00:0:0:0:0:0:0:05', 'IPv6', 'fd00::5'],
    ['::ffff:10.244.1.5', 'IPv6', '::ffff:af4:105'],
    ['010.0.0.1', undefined, undefined],
    ['10.244.1.256', undefined, undefined],
    ['10.244.1', undefined, undefined],
    ['2130706433', undefined, undefined],
    ['fe80::1%eth0', undefined, undefined],
    ['fd00::1::2', undefined, undefined],
    ['localhost', undefined, undefined],
    ['', undefined, undefined],
    [']/:1', undefined, undefined],
  ] as const) {
    it(`are told by family and spelled in one way: ${address || 'nothing'}`, () => {
      assert.equal(familyOf(address), family);
      assert.equal(canonical(address), spelled);
    });
  }

  it('are the same however they are spelled', () => {
    assert.ok(sameAddress('fd00:0::5', 'fd00::5'));
    assert.ok(!sameAddress('fd00::5', 'fd00::6'));
    assert.ok(!sameAddress('nonsense', '10.244.1.5'));
  });

  it('are picked by family', () => {
    assert.equal(addressOf(['10.244.1.5', 'FD00::5'], 'IPv6'), 'fd00::5');
    assert.equal(addressOf(['10.244.1.5'], 'IPv6'), undefined);
  });

  it('are printed with a port as people write them', () => {
    assert.equal(socketAddress('10.244.1.5', 9100), '10.244.1.5:9100');
    assert.equal(socketAddress('fd00::5', 9100), '[fd00::5]:9100');
  });

  it('of every family are spelled the same twice', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const spelled = canonical(address);
        assert.ok(spelled !== undefined);
        assert.equal(canonical(spelled), spelled);
        assert.equal(familyOf(spelled), address.includes(':') ? 'IPv6' : 'IPv4');
      }),
    );
  });
});
