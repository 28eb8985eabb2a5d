import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DaemonSet, Pod } from '../kinds.ts';
import { DaemonBackoff } from './daemon-backoff.ts';
import { endStatus, SPEC } from './played.ts';

const set: DaemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'd', namespace: 'default', uid: 'd', generation: 2 },
  spec: { selector: {}, template: { spec: SPEC } },
};

function pod(nodeName: string): Pod {
  const metadata = { name: 'a', namespace: 'default' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...SPEC, nodeName }, status: endStatus(1) };
}

describe('the replacement of Pods that fail on a node', () => {
  it('comes at once, then after a second, then after two, for each node on its own', () => {
    const backoff = new DaemonBackoff();
    const left = (node: string, now: number) => backoff.left(set, pod(node), now);
    assert.deepEqual(
      [
        left('n1', 0),
        left('n1', 400),
        left('n1', 1000),
        left('n1', 1001),
        left('n2', 1001),
        left('n1', 3000),
      ],
      [0, 600, 0, 1999, 0, 0],
    );
  });

  it('comes after a quarter of an hour at most, and is forgotten in the end', () => {
    const backoff = new DaemonBackoff();
    const subject = pod('n1');
    let now = 0;
    for (let i = 0; i < 20; i += 1) now += backoff.left(set, subject, now);
    assert.equal(backoff.left(set, subject, now), 0);
    assert.equal(backoff.left(set, subject, now), 900_000);
    assert.equal(backoff.left(set, subject, now + 1_800_001), 0);
    assert.equal(backoff.left(set, subject, now + 1_800_001), 1000);
  });
});
