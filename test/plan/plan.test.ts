import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bytesOf,
  maxRunBytes,
  type NetworkAuditRun,
  type PodToPodSpec,
} from '../../src/api/v1alpha1/index.ts';
import { outstandingOf } from '../../src/plan/outstanding.ts';
import { makePlan, type PlanInput } from '../../src/plan/plan.ts';
import type { World } from '../../src/plan/world.ts';
import { fakeCheck } from './fake-check.ts';
import {
  finishedStatus,
  makeAudit,
  makeNode,
  makeResponder,
  makeRun,
  makeWorld,
  noon,
  settings,
} from './make.ts';

function plan(world: World, more: Partial<PlanInput> = {}) {
  const audit = more.audit ?? makeAudit();
  const input = { audit, run: makeRun('now'), world, number: 0, dueTime: '2026-11-24T12:00:00Z', ...more };
  return makePlan(input, noon, settings, [fakeCheck]);
}

function small(perRun: number, peersPerNode: number, options: PodToPodSpec = {}) {
  return makeAudit({
    nodes: { perRun },
    checks: [{ name: 'pods', type: 'PodToPod', podToPod: { ...options, peersPerNode } }],
  });
}

/** failing is a finished run in which these pairs failed. */
function failing(...pairs: readonly (readonly [string, string])[]): NetworkAuditRun {
  return makeRun(
    'before',
    finishedStatus(
      {},
      {
        outcome: 'Failed',
        findings: pairs.map(([from, to]) => ({
          severity: 'Failed',
          check: 'pods',
          reason: 'Unreachable',
          node: from,
          subject: `${from} → ${to} TCP IPv4`,
          message: 'gave no answer',
          since: '2026-11-24T11:50:00Z',
        })),
      },
    ),
  );
}

describe('a plan', () => {
  it('records all that a run is decided from', () => {
    assert.deepEqual(plan(makeWorld(2), { number: 4 }), {
      auditGeneration: 1,
      number: 4,
      seed: 'e5f40a272fe80618',
      dueTime: '2026-11-24T12:00:00Z',
      deadlineTime: '2026-11-24T12:03:00Z',
      maxUnknownPercent: 10,
      checks: [
        {
          name: 'pods',
          type: 'PodToPod',
          podToPod: { protocols: ['TCP', 'UDP'], peersPerNode: 50, timeoutMilliseconds: 2000 },
        },
      ],
      nodes: [
        { name: 'n1', uid: 'n1-uid', places: ['pod'] },
        { name: 'n2', uid: 'n2-uid', places: ['pod'] },
      ],
      targets: [
        { node: 'n1', pod: 'netaudit-responder-n1', uid: 'responder-n1', addresses: ['10.244.0.3'] },
        { node: 'n2', pod: 'netaudit-responder-n2', uid: 'responder-n2', addresses: ['10.244.0.4'] },
      ],
      retries: [],
      skipped: [],
      eligible: 2,
    });
  });

  it('asks the block of targets and the responder of every prober, the block first', () => {
    const { nodes, targets } = plan(makeWorld(40), { audit: small(4, 3) });
    assert.equal(nodes.length, 4);
    const names = targets.map(({ node }) => node);
    assert.equal(new Set(names).size, names.length);
    const block = names.slice(0, 3);
    const own = nodes.map(({ name }) => name).filter((name) => !block.includes(name));
    assert.deepEqual(names.slice(3), own);
  });

  it('is the same for the same number, and takes the next nodes with the next number', () => {
    const world = makeWorld(40);
    const audit = small(4, 3);
    assert.deepEqual(plan(world, { audit, number: 7 }), plan(world, { audit, number: 7 }));
    const first = plan(world, { audit, number: 7 }).nodes.map(({ name }) => name);
    const second = plan(world, { audit, number: 8 }).nodes.map(({ name }) => name);
    assert.deepEqual(
      first.filter((name) => second.includes(name)),
      [],
    );
  });

  it('keeps the responder that is ready where a node has two, and none that is going away', () => {
    const responders = [
      makeResponder('n1', { name: 'old', uid: 'old', deleting: true }),
      makeResponder('n1', { name: 'starting', uid: 'starting', ready: false }),
      makeResponder('n1', { name: 'ready', uid: 'ready' }),
      makeResponder('n2', { addresses: [] }),
    ];
    const { targets, skipped } = plan(makeWorld(2, { responders }));
    assert.deepEqual(
      targets.map(({ pod }) => pod),
      ['ready'],
    );
    assert.deepEqual(skipped, [
      { name: 'n2', reason: 'NoResponder', message: 'The node has no responder Pod with an address' },
    ]);
  });

  it('names the nodes that cannot take part, with the reason', () => {
    const nodes = [makeNode('n1'), makeNode('w1', { os: 'windows' })];
    const { skipped, eligible } = plan(makeWorld(1, { nodes }));
    assert.deepEqual(skipped, [{ name: 'w1', reason: 'NotLinux', message: 'The node runs windows' }]);
    assert.equal(eligible, 1);
  });

  it('paces all checks by the one that asks the fewest peers', () => {
    const audit = makeAudit({
      checks: [
        { name: 'a', type: 'PodToPod', podToPod: { peersPerNode: 20 } },
        { name: 'b', type: 'PodToPod', podToPod: { peersPerNode: 5 } },
      ],
      nodes: { perRun: 1 },
    });
    const { targets } = plan(makeWorld(40), { audit });
    assert.ok(targets.length === 5 || targets.length === 6);
  });
});

describe('what is tried again', () => {
  it('is each pair that failed, in both directions, by nodes whose turn it need not be', () => {
    const world = makeWorld(40);
    const audit = small(8, 4);
    const regular = plan(world, { audit });
    const busy = new Set([
      ...regular.nodes.map(({ name }) => name),
      ...regular.targets.map(({ node }) => node),
    ]);
    const [from = '', to = ''] = world.nodes.map(({ name }) => name).filter((name) => !busy.has(name));
    const again = plan(world, { audit, previous: failing([from, to]) });
    assert.deepEqual(again.retries, [
      { from, to },
      { from: to, to: from },
    ]);
    const probers = again.nodes.map(({ name }) => name);
    assert.ok(probers.includes(from) && probers.includes(to));
    assert.equal(probers.length, 8);
  });

  it('takes at most half of the places, those of the most troubled node first', () => {
    const world = makeWorld(60);
    const pairs = world.nodes.slice(0, 30).map(({ name }) => ['n60', name] as const);
    const { nodes, retries } = plan(world, { audit: small(10, 4), previous: failing(...pairs) });
    const regular = new Set(plan(world, { audit: small(10, 4) }).nodes.map(({ name }) => name));
    const extra = nodes.map(({ name }) => name).filter((name) => !regular.has(name));
    assert.ok(regular.has('n60') || extra.includes('n60'));
    assert.ok(extra.length <= 5);
    assert.equal(nodes.length, 10);
    assert.ok(retries.length <= 20);
  });

  it('is read from the matrix, too, when findings had to be left out', () => {
    const matrix = {
      targets: ['n1', 'n2', 'n3'],
      rows: [{ node: 'n1', reach: '.x?', roundTripMicroseconds: [1, 0, 0] }],
    };
    const run = makeRun('before', finishedStatus({}, { matrix, findingsOmitted: 1 }));
    assert.deepEqual(outstandingOf(run), {
      pairs: [
        { from: 'n1', to: 'n2' },
        { from: 'n2', to: 'n1' },
      ],
      nodes: ['n1', 'n2'],
    });
  });

  it('is no pair with a node that is gone', () => {
    const { retries } = plan(makeWorld(3), { previous: failing(['n1', 'gone'], ['gone', 'n2']) });
    assert.deepEqual(retries, []);
  });
});

describe('the largest plan', () => {
  it('fits beside its results, with the longest names and everything failing', () => {
    const uid = '01234567-89ab-cdef-0123-456789abcdef';
    const names = Array.from({ length: 600 }, (_, index) => `n${index}-`.padEnd(253, 'a'));
    const address = 'fd00:1234:5678:9abc:def0:1234:5678';
    const world = makeWorld(0, {
      nodes: names.map((name, index) => makeNode(name, { uid, os: index < 400 ? 'linux' : 'windows' })),
      responders: names.slice(0, 400).map((node, index) => {
        const addresses = [`10.244.${index % 250}.1`, `${address}:${index.toString(16)}`];
        return makeResponder(node, { name: `netaudit-responder-${index}`, uid, addresses });
      }),
    });
    const audit = makeAudit({
      runTimeoutSeconds: 3600,
      nodes: { perRun: 200 },
      checks: [{ name: 'pods', type: 'PodToPod', podToPod: { peersPerNode: 100 } }],
    });
    const pairs = names.slice(0, 399).map((name, index) => [name, names[index + 1] ?? name] as const);
    const { nodes, targets, eligible } = plan(world, { audit, previous: failing(...pairs) });
    assert.equal(nodes.length, 200);
    assert.ok(targets.length >= 250 && targets.length <= 400);
    assert.equal(eligible, 400);
    assert.ok(bytesOf(plan(world, { audit, previous: failing(...pairs) })) <= (maxRunBytes * 5) / 8);
  });
});
