import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProxyState } from '../../../src/checks/service-rules/evidence.ts';
import { lagOf } from '../../../src/checks/service-rules/judging/proxy.ts';
import { healthy } from './modelled.ts';

const lag = (changes: Partial<ProxyState>, most = 60) => lagOf({ ...healthy, ...changes }, most);

describe('The lag of a kube-proxy', () => {
  it('is none when everything queued was written, however long ago that was', () => {
    assert.equal(lag({}), undefined);
    assert.equal(
      lag({ lastQueuedTime: '2026-11-20T00:00:00Z', lastSyncTime: '2026-11-20T00:00:01Z' }),
      undefined,
    );
  });

  it('is none while a change waits no longer than it may', () => {
    const queued = { lastSyncTime: '2026-11-22T08:00:00Z', lastQueuedTime: '2026-11-22T08:19:30Z' };
    assert.equal(lag(queued), undefined);
    assert.equal(
      lag(queued, 59),
      'a change has been waiting for 60 s, of at most 59; its rules were last written at 2026-11-22T08:00:00Z',
    );
  });

  it('is told of one that never wrote', () => {
    const { lastSyncTime: _, ...never } = healthy;
    assert.equal(
      lagOf({ ...never, lastQueuedTime: '2026-11-22T08:10:30Z' }, 60),
      'a change has been waiting for 600 s, of at most 60',
    );
  });

  it('is told of one that says itself that it is not healthy, with how many writes failed', () => {
    assert.equal(
      lag({ health: { status: 503, healthy: false }, restoreFailures: 12 }),
      'healthz says that it is not healthy (503); its rules were last written at 2026-11-22T08:19:50Z; 12 writes have failed since it started',
    );
  });

  it('goes by the bound of the audit where that is another than the one of its health', () => {
    const sick = { health: { status: 503, healthy: false }, lastSyncTime: '2026-11-22T08:18:30Z' };
    assert.equal(lag(sick, 300), undefined);
    assert.match(lag(sick, 90) ?? '', /^healthz says that it is not healthy \(503\); /);
  });

  it('is none of one whose node is on its way out, which answers 503 and is healthy', () => {
    assert.equal(lag({ health: { status: 503, healthy: true } }), undefined);
  });

  it('is not told of one that shows neither port, or no metrics', () => {
    assert.equal(lagOf({ now: healthy.now }, 60), undefined);
  });
});
