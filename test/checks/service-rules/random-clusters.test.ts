import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readHost } from '../../../src/checks/service-rules/host/host.ts';
import { type NodeNetwork, type Rules, reportOf } from '../../mutate/evidence.ts';
import { mutationsOfIptables } from '../../mutate/iptables.ts';
import { findingsOf, type Judged, viewOf } from '../../mutate/judged.ts';
import { classOf } from '../../mutate/known.ts';
import type { Mutation } from '../../mutate/mutation.ts';
import { mutationsOfNft, withEmptyChain } from '../../mutate/nft.ts';
import { Oracle, type Witness } from '../../mutate/oracle.ts';
import { apiOf } from '../../support/proxy-writer/api.ts';
import { addresses, type Cluster, cluster } from '../../support/proxy-writer/cluster.ts';
import { iptablesOf } from '../../support/proxy-writer/iptables.ts';
import { nftOf } from '../../support/proxy-writer/nft.ts';

type Mode = Rules['mode'];

const versions = [4, 6] as const;

/** networkOf is the network of a node in the drawn clusters: a wire to the others, a bridge to its Pods. */
function networkOf(drawn: Cluster, node: number, mode: Mode): NodeNetwork {
  const address = (local: string, family: string) => ({ family, local, prefixlen: 24, scope: 'global' });
  const link = (ifname: string, ...of: readonly [string, string]) => ({
    ifname,
    flags: ['UP'],
    addr_info: [address(of[0], 'inet'), address(of[1], 'inet6')],
  });
  const addr = JSON.stringify([
    link('eth0', addresses.node(node, 4), addresses.node(node, 6)),
    link('cni0', addresses.bridge(node, 4), addresses.bridge(node, 6)),
  ]);
  const routes = (version: 4 | 6) =>
    JSON.stringify([
      { dst: 'default', dev: 'eth0', flags: [] },
      { dst: version === 4 ? `10.244.${node}.0/24` : `fd00:244:${node}::/48`, dev: 'cni0', flags: [] },
    ]);
  const host = readHost({ addr, route: routes(4), rule: '[]', route6: routes(6), rule6: '[]' });
  assert.ok(host !== undefined);
  const everywhere = mode === 'nftables' ? ['0.0.0.0/0', '::/0'] : [];
  return {
    host,
    primaries: [addresses.node(node, 4), addresses.node(node, 6)],
    config: {
      clusterCIDR: drawn.detector ? `${addresses.pods(4)},${addresses.pods(6)}` : '',
      detectLocalMode: 'ClusterCIDR',
      bridgeInterface: '',
      interfaceNamePrefix: '',
      nodePortAddresses: drawn.nodePorts === 'primary' ? ['primary'] : everywhere,
      masqueradeAll: drawn.masqueradeAll,
      localhostNodePorts: mode === 'iptables' && drawn.localhostNodePorts,
    },
  };
}

/** textOf is what a node holds after its kube-proxy has written its rules. */
function textOf(drawn: Cluster, node: number, mode: Mode, version: 4 | 6): string {
  return mode === 'iptables' ? iptablesOf(drawn, node, version) : withEmptyChain(nftOf(drawn, node));
}

/** nodeOf is a node that holds these rules. */
function nodeOf(drawn: Cluster, node: number, rules: readonly Rules[], mode: Mode): Judged {
  const own = versions.map((version) => addresses.node(node, version));
  return { node: `n${node}`, addresses: own, ...reportOf(rules, networkOf(drawn, node, mode)) };
}

/** rulesOf are a node's rules as written, of both families. */
function rulesOf(drawn: Cluster, node: number, mode: Mode): readonly Rules[] {
  return versions.map((version) => {
    return { mode, family: version === 4 ? 'IPv4' : 'IPv6', text: textOf(drawn, node, mode, version) };
  });
}

/** oracleOf knows what packets of IPv4 meet on a node of a drawn cluster. */
function oracleOf(drawn: Cluster, number: number, mode: Mode): Oracle {
  const node = {
    name: `n${number}`,
    mode,
    text: textOf(drawn, number, mode, 4),
    addresses: [addresses.node(number, 4), addresses.bridge(number, 4)],
    primary: addresses.node(number, 4),
  };
  return new Oracle(node, apiOf(drawn));
}

/** mutationsOf are all of the rules of IPv4. */
function mutationsOf(drawn: Cluster, node: number, mode: Mode): readonly Mutation[] {
  const text = textOf(drawn, node, mode, 4);
  const all = mode === 'iptables' ? mutationsOfIptables(text, 4) : mutationsOfNft(text);
  return [...all].filter(({ family }) => family === 4);
}

/** Every run tries eight mutations. RUNS and SEED try more of them, and others, by hand. */
const [runs, seed] = [Number(process.env.RUNS ?? 8), Number(process.env.SEED ?? 1)];

describe('random clusters, with rules by a writer of the tests', () => {
  for (const mode of ['iptables', 'nftables'] as const) {
    it(`has nothing to say of nodes whose ${mode} rules are written for what the API shows`, () => {
      fc.assert(
        fc.property(cluster, (drawn) => {
          const nodes = [1, 2, 3].map((node) => nodeOf(drawn, node, rulesOf(drawn, node, mode), mode));
          assert.deepEqual(findingsOf(viewOf(apiOf(drawn)), nodes), []);
        }),
        { numRuns: 25, seed: 1 },
      );
    });

    it(`finds a change of one ${mode} rule if and only if some packet meets something else`, () => {
      const picks = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 8, maxLength: 8 });
      fc.assert(
        fc.property(cluster, fc.constantFrom(1, 3), picks, (drawn, node, places) => {
          const oracle = oracleOf(drawn, node, mode);
          const all = mutationsOf(drawn, node, mode);
          for (const place of places) {
            const mutation = all[(place * 7919) % all.length];
            assert.ok(mutation !== undefined);
            const rules: readonly Rules[] = [{ mode, family: 'IPv4', text: mutation.text }];
            const findings = findingsOf(viewOf(apiOf(drawn)), [nodeOf(drawn, node, rules, mode)]);
            const witness = oracle.witness(mutation, findings.length > 0);
            const agreed = (witness !== undefined) === findings.length > 0;
            const known = agreed ? '' : classOf({ mutation, witness, findings });
            assert.ok(
              known !== undefined,
              `${mutation.kind} ${mutation.what}\n${findings.join('\n')}\n${toldOf(witness)}`,
            );
          }
        }),
        { numRuns: runs, seed, endOnFailure: true },
      );
    });

    it(`finds on every node with ${mode} rules what a kube-proxy that stopped has not followed`, () => {
      fc.assert(
        fc.property(cluster, (drawn) => {
          const [first, ...rest] = drawn.services;
          assert.ok(first !== undefined);
          const pod = {
            host: 40,
            node: 2,
            ready: true,
            serving: true,
            terminating: false,
            slice: 0,
            zones: [],
            nodes: [],
          };
          const now = {
            ...drawn,
            services: [{ ...first, kind: 'usual' as const, internalLocal: false, pods: [pod] }, ...rest],
          };
          const nodes = [1, 2, 3].map((node) => nodeOf(drawn, node, rulesOf(drawn, node, mode), mode));
          const findings = findingsOf(viewOf(apiOf(now)), nodes);
          for (const { node } of nodes)
            assert.ok(
              findings.some((each) => each.startsWith(`${node} Failed`)),
              node,
            );
        }),
        { numRuns: 10, seed: 1 },
      );
    });
  }
});

function toldOf(witness: Witness | undefined): string {
  if (witness === undefined) return 'No packet meets something else';
  const { sent, before, after } = witness;
  return `${JSON.stringify(sent)} met ${JSON.stringify([...before])} and meets ${JSON.stringify([...after])}`;
}
