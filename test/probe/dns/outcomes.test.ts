import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SeenOutcome } from '../../../src/checks/dns/evidence.ts';
import { Outcomes } from '../../../src/probe/dns/outcomes.ts';

const answered = (server: string): SeenOutcome => ({
  kind: 'Answer',
  name: 'kubernetes.default.svc.cluster.local.',
  records: ['10.96.0.1'],
  text: `Server:\t\t${server}\n`,
});
const silent = (text: string): SeenOutcome => ({ kind: 'TimedOut', records: [], text });

describe('outcomes', () => {
  it('are one where several servers give one answer', () => {
    const outcomes = new Outcomes();
    const numbers = ['10.96.0.10', '10.244.1.2', '10.244.2.2'].map((server) =>
      outcomes.number(answered(server)),
    );
    assert.deepEqual(numbers, [0, 0, 0]);
    assert.deepEqual(outcomes.all(), [answered('10.96.0.10')]);
  });

  it('keep what was printed of each failure: shown beside a question, another server would be untrue', () => {
    const outcomes = new Outcomes();
    const [udp, tcp] = [
      ';; communications error to 10.96.0.10#53: timed out\n',
      ';; Connection to 10.96.0.10#53(10.96.0.10) for a. failed: timed out.\n',
    ].map(silent);
    assert.ok(udp && tcp);
    assert.deepEqual(
      [udp, tcp, udp].map((outcome) => outcomes.number(outcome)),
      [0, 1, 0],
    );
    assert.deepEqual(outcomes.all(), [udp, tcp]);
  });
});
