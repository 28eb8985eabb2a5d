import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { interfaceMTU, ownAddresses } from '../../src/probe/own-addresses.ts';

const { signal } = new AbortController();

describe('The own addresses of a Pod', () => {
  it('are those that the API gives it, where a socket can have them', async () => {
    assert.deepEqual(await ownAddresses(['127.0.0.5', '::1'], signal), [
      { family: 'IPv4', address: '127.0.0.5' },
      { family: 'IPv6', address: '::1' },
    ]);
  });

  it('are what an interface has, where the API is wrong', async () => {
    const wrong = '192.0.2.200';
    const held = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const outside = held
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address);
    const found = await ownAddresses([wrong], signal);
    assert.deepEqual(
      found,
      outside.slice(0, 1).map((address) => ({ family: 'IPv4', address })),
    );
  });

  it('are none of a family that the API gives no address of', async () => {
    assert.deepEqual(await ownAddresses(['127.0.0.5'], signal), [{ family: 'IPv4', address: '127.0.0.5' }]);
  });

  it('do not keep a probe that is told to end', async () => {
    const stop = new AbortController();
    stop.abort();
    const found = await ownAddresses(['fd00:dead::1'], stop.signal);
    assert.ok(found.every(({ address }) => address !== 'fd00:dead::1'));
  });

  it('have the MTU of the interface that holds them', async () => {
    assert.equal(await interfaceMTU('127.0.0.1'), 65536);
  });
});
