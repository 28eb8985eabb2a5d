import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { questionVariable } from '../../src/checks/question.ts';
import { isObject } from '../../src/checks/shape.ts';
import { type JobInput, probeJob } from '../../src/plan/job.ts';
import { at, makeRun, noon, settings } from './make.ts';

const input: JobInput = {
  run: makeRun('cluster-29925360'),
  node: 'n1',
  place: 'pod',
  question: 'cXVlc3Rpb24',
  deadlineTime: '2026-11-24T12:03:00Z',
};

/** golden compares with a file; `UPDATE_GOLDEN=1` writes it anew, for a person to read. */
function golden(name: string, value: unknown): void {
  const file = new URL(`../golden/plan/${name}`, import.meta.url);
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'));
}

function podSpecOf(job: ReturnType<typeof probeJob>): { readonly [field: string]: unknown } {
  const { template } = job.spec;
  const spec = isObject(template) ? template.spec : undefined;
  assert.ok(isObject(spec));
  return spec;
}

describe('the Job of a probe', () => {
  it('in an ordinary Pod is pinned, restricted and without a token', () => {
    golden('job-pod.json', probeJob(input, noon, settings));
  });

  it("at the node's own place reads the kernel and three directories, and can write nothing", () => {
    golden('job-node.json', probeJob({ ...input, place: 'node' }, noon, settings));
  });

  it('has one name for one run, place and node, and another for each other', () => {
    const names = [
      input,
      { ...input, node: 'n2' },
      { ...input, place: 'node' as const },
      { ...input, run: makeRun('cluster-29925370') },
      { ...input, run: makeRun('cluster-29925360', undefined, { uid: 'another' }) },
    ].map((each) => probeJob(each, noon, settings).metadata.name);
    assert.equal(new Set(names).size, names.length);
    assert.equal(probeJob(input, at(60), settings).metadata.name, names[0]);
  });

  it('is stopped when the run is over, also when it is made late: its Pod half a minute after, it itself a minute', () => {
    const job = probeJob(input, at(100), settings);
    assert.equal(job.spec.activeDeadlineSeconds, 140);
    assert.equal(podSpecOf(job).activeDeadlineSeconds, 110);
  });

  it('has label values and a name that Kubernetes takes, whatever the node is called', () => {
    const node = `${'a'.repeat(120)}.${'b'.repeat(132)}`;
    const { metadata } = probeJob({ ...input, node }, noon, settings);
    assert.match(metadata.name, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    for (const value of Object.values(metadata.labels))
      assert.match(value, /^[A-Za-z0-9][-A-Za-z0-9_.]{0,61}[A-Za-z0-9]$/);
    assert.ok(
      JSON.stringify(probeJob({ ...input, node }, noon, settings).spec).includes(`"values":["${node}"]`),
    );
  });

  it('carries its question where the probe looks for it', () => {
    const text = JSON.stringify(podSpecOf(probeJob(input, noon, settings)));
    assert.ok(text.includes(`{"name":"${questionVariable}","value":"cXVlc3Rpb24"}`));
  });

  it('names no PriorityClass where the settings name none', () => {
    const spec = podSpecOf(probeJob(input, noon, { ...settings, priorityClassName: '' }));
    assert.equal('priorityClassName' in spec, false);
  });
});
