import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HeardMemory } from '../../src/responder/heard.ts';
import { RateLimit } from '../../src/responder/rate.ts';
import { listed, responderSettings } from '../../src/responder/settings.ts';

describe('What a responder remembers', () => {
  it('is one digit for each prober of a run, and nothing of another run', () => {
    const heard = new HeardMemory();
    heard.add('a', 0, 1, 0);
    heard.add('a', 0, 2, 0);
    heard.add('a', 2, 8, 0);
    heard.add('b', 1, 4, 0);
    assert.equal(heard.of('a', 1), '308');
    assert.equal(heard.of('b', 1), '04');
    assert.equal(heard.of('c', 1), '');
  });

  it('ends a quarter of an hour after the last question', () => {
    const heard = new HeardMemory();
    const minute = 60_000;
    heard.add('a', 0, 1, 0);
    heard.add('b', 0, 1, 0);
    heard.add('a', 1, 1, 10 * minute);
    assert.equal(heard.of('b', 15 * minute), '');
    assert.equal(heard.of('a', 16 * minute), '11');
    assert.equal(heard.of('a', 25 * minute), '');
    assert.equal(heard.size, 0);
  });

  it('is bounded: the runs that were silent longest are forgotten', () => {
    const heard = new HeardMemory();
    for (let run = 0; run < 10_000; run += 1) heard.add(`run-${run}`, run % 600, 1, run);
    assert.equal(heard.size, 128);
    assert.equal(heard.of('run-0', 10_000), '');
    assert.notEqual(heard.of('run-9999', 10_000), '');
  });

  it('is what was added, whatever that was', () => {
    const entry = fc.tuple(fc.constantFrom('a', 'b'), fc.nat(20), fc.constantFrom(1, 2, 4, 8));
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const heard = new HeardMemory();
        for (const [key, prober, bit] of entries) heard.add(key, prober, bit, 0);
        for (const [key, prober, bit] of entries) {
          assert.ok((Number.parseInt(heard.of(key, 0)[prober] ?? '0', 16) & bit) !== 0);
        }
      }),
    );
  });
});

describe('How much a responder does for anybody', () => {
  it('is a burst, and then as much as time brings', () => {
    const rate = new RateLimit(0);
    const allowed = (time: number, tries: number) =>
      Array.from({ length: tries }, () => rate.allows('10.0.0.1', time)).filter(Boolean).length;
    assert.equal(allowed(0, 10_000), 4_000);
    assert.equal(allowed(500, 10_000), 500);
    assert.equal(allowed(0, 10), 0);
  });

  it('is no less for others when one floods', () => {
    const rate = new RateLimit(0);
    for (let tries = 0; tries < 20_000; tries += 1) rate.allows('10.0.0.1', 0);
    assert.equal(rate.allows('10.0.0.2', 0), true);
  });

  it('is bounded for all of them together, and in memory', () => {
    const rate = new RateLimit(0);
    let allowed = 0;
    for (let tries = 0; tries < 100_000; tries += 1)
      allowed += rate.allows(`10.0.${tries % 5_000}.1`, 0) ? 1 : 0;
    assert.equal(allowed, 40_000);
    assert.equal(rate.size, 1024);
  });
});

describe('What a responder is told', () => {
  it('is who it is and where it must answer', () => {
    const env = { POD_IPS: '10.244.1.7,FD00::7', POD_UID: 'u', POD_NAME: 'p', NODE_NAME: 'n' };
    const settings = { port: 9100, addresses: ['10.244.1.7', 'fd00::7'], uid: 'u', pod: 'p', node: 'n' };
    assert.deepEqual(responderSettings(env), settings);
    assert.deepEqual(responderSettings({}), { port: 9100, addresses: [], uid: '', pod: '', node: '' });
  });

  it('is refused when the port is none', () => {
    assert.throws(() => responderSettings({ NETAUDIT_RESPONDER_PORT: '70000' }), /is no port: 70000/);
  });

  it('has only addresses in its list', () => {
    assert.deepEqual(listed(' 10.0.0.1, ,nonsense,fd00::1'), ['10.0.0.1', 'fd00::1']);
  });
});
