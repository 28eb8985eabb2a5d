/** Each fault of the network does what its name says, to whom it says, and is gone when it is mended. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Fault, Target } from '../sandbox/faults/fault.ts';
import { SandboxFaults } from '../sandbox/faults/inject.ts';
import * as faults from '../sandbox/faults/network.ts';
import type { Families } from '../sandbox/node/addresses.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { ask, echoPod, type Seen } from './echo-pods.ts';

const skip = (await obstacle()) ?? false;

/** What a question comes to, in a word for each protocol. */
function word({ tcp, udp }: Seen): string {
  const of = ({ error, same, samePort, me }: Seen['tcp']) => {
    if (error !== undefined) return 'lost';
    if (same !== true) return samePort === true ? `translated@${me}` : `translated+port@${me}`;
    return `${me}`;
  };
  return `${of(tcp)} ${of(udp)}`;
}

interface Case {
  name: string;
  fault(targets: { n1: Target; n2: Target }, address: (pod: string) => string): Fault;
  /** From whom to whom, how many bytes, and what comes of it over TCP and UDP. */
  expect: [from: string, to: string, size: number, word: string][];
}

const CASES: Case[] = [
  {
    name: 'masquerade, of both protocols, across only',
    fault: ({ n1 }) => faults.masquerade(n1),
    expect: [
      ['a', 'b', 100, 'translated@n2 translated@n2'],
      ['a', 'a2', 100, 'n1 n1'],
      ['b', 'a', 100, 'n1 n1'],
    ],
  },
  {
    name: 'masquerade of TCP with another port',
    fault: ({ n1 }) => faults.masquerade(n1, { protocols: ['tcp'], randomPorts: true }),
    expect: [['a', 'b', 100, 'translated+port@n2 n2']],
  },
  {
    name: 'masquerade of UDP',
    fault: ({ n1 }) => faults.masquerade(n1, { protocols: ['udp'] }),
    expect: [['a', 'b', 100, 'n2 translated@n2']],
  },
  {
    name: 'another destination',
    fault: ({ n1 }, address) => faults.translateDestination(n1, address('b'), address('c')),
    expect: [
      ['a', 'b', 100, 'n3 n3'],
      ['c', 'b', 100, 'n2 n2'],
    ],
  },
  {
    name: 'new connections dropped from one node to another',
    fault: ({ n1, n2 }) => faults.dropNewConnections(n1, n2),
    expect: [
      ['a', 'b', 100, 'lost lost'],
      ['b', 'a', 100, 'n1 n1'],
      ['a', 'c', 100, 'n3 n3'],
    ],
  },
  {
    name: 'everything dropped one way',
    fault: ({ n1, n2 }) => faults.dropOneWay(n1, n2),
    expect: [
      ['a', 'b', 100, 'lost lost'],
      ['b', 'a', 100, 'lost lost'],
      ['a', 'c', 100, 'n3 n3'],
    ],
  },
  {
    name: 'answers dropped',
    fault: ({ n1, n2 }) => faults.dropAnswers(n1, n2),
    expect: [
      ['a', 'b', 100, 'n2 n2'],
      ['b', 'a', 100, 'lost lost'],
    ],
  },
  {
    name: 'everything dropped from one node',
    fault: ({ n1 }) => faults.dropFrom(n1),
    expect: [
      ['a', 'b', 100, 'lost lost'],
      ['b', 'a', 100, 'lost lost'],
      ['a', 'a2', 100, 'n1 n1'],
      ['b', 'c', 100, 'n3 n3'],
    ],
  },
  {
    name: 'UDP dropped',
    fault: ({ n1 }) => faults.dropProtocol(n1, 'udp'),
    expect: [
      ['a', 'b', 100, 'n2 lost'],
      ['b', 'a', 100, 'n1 lost'],
      ['a', 'a2', 100, 'n1 n1'],
    ],
  },
  {
    name: 'TCP dropped',
    fault: ({ n1 }) => faults.dropProtocol(n1, 'tcp'),
    expect: [['a', 'b', 100, 'lost n2']],
  },
  {
    name: 'same-node traffic dropped',
    fault: ({ n1 }) => faults.dropSameNode(n1),
    expect: [
      ['a', 'a2', 100, 'lost lost'],
      ['a', 'b', 100, 'n2 n2'],
    ],
  },
  {
    name: 'large packets dropped',
    fault: ({ n1 }) => faults.dropLarge(n1),
    expect: [
      ['a', 'b', 1000, 'n2 n2'],
      ['a', 'b', 1400, 'lost lost'],
      ['b', 'a', 1400, 'lost lost'],
      ['a', 'a2', 8000, 'n1 n1'],
    ],
  },
  {
    name: 'fragments dropped',
    fault: ({ n1 }) => faults.dropFragments(n1),
    expect: [
      ['a', 'b', 1400, 'n2 n2'],
      ['a', 'b', 8000, 'n2 lost'],
      ['b', 'a', 8000, 'n1 lost'],
      ['a', 'a2', 8000, 'n1 n1'],
    ],
  },
  {
    name: 'a route missing',
    fault: ({ n1, n2 }) => faults.loseRoute(n1, n2),
    expect: [
      ['a', 'b', 100, 'lost lost'],
      ['b', 'a', 100, 'lost lost'],
      ['a', 'c', 100, 'n3 n3'],
    ],
  },
];

for (const families of [['IPv4'], ['IPv6'], ['IPv4', 'IPv6']] satisfies Families[]) {
  describe(`network faults over ${families.join(' and ')}`, { skip }, () => {
    let sandbox: Sandbox;
    let broken: SandboxFaults;
    let targets: { n1: Target; n2: Target };
    const addresses = new Map<string, string>();
    const address = (pod: string) => addresses.get(pod) ?? '';
    const asked = async (from: string, to: string, size: number) =>
      word(await ask(sandbox, from, address(to), size));

    before(async () => {
      sandbox = await startSandbox({ families, dns: false });
      broken = new SandboxFaults(sandbox);
      targets = { n1: await broken.target('n1'), n2: await broken.target('n2') };
      const places = { a: 'n1', a2: 'n1', b: 'n2', c: 'n3' };
      const pods = Object.entries(places).map(async ([name, node]) => {
        const { status } = await echoPod(sandbox, name, node);
        addresses.set(name, status?.podIPs?.at(-1)?.ip ?? '');
      });
      await Promise.all(pods);
    });

    after(async () => {
      await broken?.mend();
      await sandbox?.stop();
    });

    it('finds nothing to complain about before', async () => {
      assert.equal(await asked('a', 'b', 8000), 'n2 n2');
      assert.equal(await asked('b', 'a', 8000), 'n1 n1');
      assert.equal(await asked('a', 'a2', 8000), 'n1 n1');
    });

    for (const { name, fault, expect } of CASES) {
      it(name, async () => {
        const undo = await broken.network(fault(targets, address));
        try {
          const found = await Promise.all(
            expect.map(async ([from, to, size]) => [from, to, size, await asked(from, to, size)]),
          );
          assert.deepEqual(found, expect);
        } finally {
          await undo();
        }
      });
    }

    it('half of all datagrams lost', async () => {
      const undo = await broken.network(faults.loseDatagrams(targets.n1, 50));
      const { udp } = await ask(sandbox, 'a', address('b'), 100, 60);
      await undo();
      // 60 fair coins: fewer than 10 or more than 50 heads once in ten million times.
      assert.ok(udp.answered >= 10 && udp.answered <= 50, `${udp.answered} of 60`);
    });

    it('one datagram of a hundred lost', async () => {
      const undo = await broken.network(faults.loseDatagrams(targets.n1, 1));
      const { udp } = await ask(sandbox, 'a', address('b'), 100, 60);
      await undo();
      assert.ok(udp.answered >= 50, `${udp.answered} of 60`);
    });

    it('leaves nothing behind', async () => {
      for (const node of ['n1', 'n2', 'n3']) {
        const { stdout } = await sandbox.nodeExec(node, ['nft', 'list', 'tables']);
        assert.doesNotMatch(stdout, /netaudit-fault/);
      }
      assert.equal(await asked('a', 'b', 8000), 'n2 n2');
      assert.equal(await asked('b', 'a', 8000), 'n1 n1');
    });
  });
}
