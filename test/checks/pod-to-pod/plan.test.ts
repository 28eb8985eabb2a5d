import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { withDefaults } from '../../../src/checks/pod-to-pod/options.ts';
import { asked, task } from '../../../src/checks/pod-to-pod/plan.ts';
import { readTask } from '../../../src/checks/pod-to-pod/task.ts';
import { makeCheck, makePlan } from './plans.ts';

const peers = (plan: ReturnType<typeof makePlan>, node: string, check = makeCheck({ protocols: ['UDP'] })) =>
  asked(plan, check, node).map(({ target }) => plan.targets[target]?.node);

describe('The options of PodToPod', () => {
  it('are all filled in', () => {
    assert.deepEqual(withDefaults({ name: 'pods', type: 'PodToPod' }), {
      name: 'pods',
      type: 'PodToPod',
      podToPod: { protocols: ['TCP', 'UDP'], peersPerNode: 50, timeoutMilliseconds: 2000 },
    });
  });

  it('are what the audit says, protocols in one order', () => {
    const podToPod = {
      protocols: ['UDP' as const, 'TCP' as const],
      peersPerNode: 3,
      timeoutMilliseconds: 100,
      maxRoundTripMilliseconds: 7,
    };
    assert.deepEqual(withDefaults({ name: 'a', type: 'PodToPod', podToPod }).podToPod, {
      ...podToPod,
      protocols: ['TCP', 'UDP'],
    });
  });
});

describe('Who asks whom', () => {
  it('is everybody everybody, themselves too, where there are few nodes', () => {
    const plan = makePlan(3);
    for (const node of ['n1', 'n2', 'n3']) assert.deepEqual(peers(plan, node), ['n1', 'n2', 'n3']);
  });

  it('is the same block for all, and the responder beside the prober', () => {
    const plan = makePlan(6);
    const check = makeCheck({ protocols: ['UDP'], peersPerNode: 2 });
    assert.deepEqual(peers(plan, 'n1', check), ['n1', 'n2']);
    assert.deepEqual(peers(plan, 'n5', check), ['n1', 'n2', 'n5']);
  });

  it('is also what failed before, once', () => {
    const retries = [
      { from: 'n5', to: 'n6' },
      { from: 'n5', to: 'n1' },
      { from: 'n5', to: 'n5' },
      { from: 'n5', to: 'n9' },
    ];
    const plan = makePlan(6, { retries });
    const check = makeCheck({ protocols: ['UDP'], peersPerNode: 2 });
    assert.deepEqual(peers(plan, 'n5', check), ['n1', 'n2', 'n5', 'n6']);
    assert.deepEqual(peers(plan, 'n6', check), ['n1', 'n2', 'n6']);
  });

  it('is nobody on a node that does not probe from a Pod', () => {
    const plan = makePlan(2, { nodes: [{ name: 'n1', uid: 'uid-n1', places: ['node'] }] });
    assert.deepEqual(peers(plan, 'n1'), []);
    assert.deepEqual(peers(plan, 'n2'), []);
    assert.equal(task(plan, makeCheck(), 'n1'), undefined);
    assert.equal(task(makePlan(2, { targets: [] }), makeCheck(), 'n1'), undefined);
  });

  it('is in every family that both ends have', () => {
    const plan = makePlan(2, {}, true);
    const [, second] = plan.targets;
    assert.ok(second);
    const single = {
      ...plan,
      targets: [...plan.targets.slice(0, 1), { ...second, addresses: ['10.244.2.7'] }],
    };
    const families = (of: typeof plan, node: string) =>
      asked(of, makeCheck({ protocols: ['TCP'] }), node).map(({ target, family }) => `${target} ${family}`);
    assert.deepEqual(families(plan, 'n1'), ['0 IPv4', '0 IPv6', '1 IPv4', '1 IPv6']);
    assert.deepEqual(families(single, 'n1'), ['0 IPv4', '0 IPv6', '1 IPv4']);
    assert.deepEqual(families(single, 'n2'), ['0 IPv4', '1 IPv4']);
  });
});

describe('The task of a probe', () => {
  it('says whom to ask, at which addresses, and what its own responder should hear', () => {
    const given = task(makePlan(2, {}, true), makeCheck({ protocols: ['UDP'] }), 'n2');
    assert.deepEqual(given, {
      key: '1a001db736e58098',
      prober: 1,
      port: 9100,
      protocols: ['UDP'],
      timeoutMilliseconds: 2000,
      targets: [
        ['uid-responder-n1', '10.244.1.7', 'fd00:1::7'],
        ['uid-responder-n2', '10.244.2.7', 'fd00:2::7'],
      ],
      own: 1,
      expected: 'aa',
      heardWaitMilliseconds: 2800,
    });
  });

  it('has another key in another run and for another check', () => {
    const key = (seed: string, name: string) =>
      task(makePlan(2, { seed }), { ...makeCheck(), name }, 'n1')?.key;
    assert.equal(new Set([key('00', 'a'), key('01', 'a'), key('00', 'b')]).size, 3);
    assert.equal(key('00', 'a'), key('00', 'a'));
  });

  it('expects to hear of a prober only what that one asks', () => {
    const retries = [{ from: 'n1', to: 'n4' }];
    const plan = makePlan(4, { retries });
    const check = makeCheck({ peersPerNode: 1 });
    assert.equal(task(plan, check, 'n1')?.expected, '3333');
    assert.equal(task(plan, check, 'n3')?.expected, '0030');
    assert.equal(task(plan, check, 'n4')?.expected, '3003');
  });

  it('lists its questions in the order of the judge, and can be read by the probe', () => {
    const nodes = fc.integer({ min: 1, max: 8 });
    const pairs = fc.array(fc.record({ from: nodes, to: nodes }), { maxLength: 6 });
    fc.assert(
      fc.property(
        nodes,
        fc.integer({ min: 1, max: 8 }),
        pairs,
        fc.boolean(),
        (count, peersPerNode, again, dual) => {
          const retries = again.map(({ from, to }) => ({ from: `n${from}`, to: `n${to}` }));
          const plan = makePlan(count, { retries }, dual);
          const check = makeCheck({ peersPerNode });
          for (const { name } of plan.nodes) {
            const read = readTask({ ...task(plan, check, name) });
            assert.ok(read);
            const listed = read.targets.flatMap(([uid, ...addresses]) =>
              addresses.flatMap((address) =>
                read.protocols.map((protocol) => `${uid} ${address} ${protocol}`),
              ),
            );
            const judged = asked(plan, check, name).map(
              ({ target, address, protocol }) => `${plan.targets[target]?.uid} ${address} ${protocol}`,
            );
            assert.deepEqual(listed, judged);
            assert.equal(new Set(listed).size, listed.length);
            assert.equal(read.targets[read.own]?.[0], `uid-responder-${name}`);
          }
        },
      ),
    );
  });

  it('is not read when it is none', () => {
    const good = { ...task(makePlan(2), makeCheck(), 'n1') };
    assert.ok(readTask(good));
    for (const change of [
      { key: 'short' },
      { prober: -1 },
      { port: 0 },
      { protocols: ['SCTP'] },
      { timeoutMilliseconds: 0 },
      { targets: [['uid', 'localhost']] },
      { targets: [[7, '10.0.0.1']] },
      { own: 2 },
      { expected: 'x' },
      { heardWaitMilliseconds: 1e9 },
    ]) {
      assert.equal(readTask({ ...good, ...change }), undefined, JSON.stringify(change));
    }
  });
});
