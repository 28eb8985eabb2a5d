/** Runs mutations past the product and past the simulator, and counts where they agree. */
import type { ClusterView } from '../../src/checks/cluster-view.ts';
import { type CapturedNode, captureOf } from './capture.ts';
import { networkOf, reportOf } from './evidence.ts';
import { mutationsOfIptables } from './iptables.ts';
import { findingsOf, viewOf } from './judged.ts';
import { classOf } from './known.ts';
import type { Mutation } from './mutation.ts';
import { mutationsOfNft, withEmptyChain } from './nft.ts';
import { Oracle, type Witness } from './oracle.ts';

/** Case is a node of a healthy capture with all that its mutations are tried with. */
export interface Case {
  readonly title: string;
  readonly node: CapturedNode;
  readonly cluster: ClusterView;
  readonly oracle: Oracle;
  mutations(): Iterable<Mutation>;
}

/** Result is what became of one mutation. */
export interface Result {
  readonly title: string;
  readonly mutation: Mutation;
  readonly witness: Witness | undefined;
  readonly findings: readonly string[];
  /** agreed: a change that some packet meets was found, or one that none meets was not. */
  readonly agreed: boolean;
  /** known is the class of a disagreement that has a reason. */
  readonly known?: string;
}

/** NodeCase is a case that is not made ready yet. */
export interface NodeCase {
  readonly title: string;
  open(): Case;
}

/** cases are all nodes of the healthy captures, in both modes. */
export function* cases(): Generator<NodeCase> {
  for (const name of ['iptables-healthy', 'nftables-healthy']) {
    const capture = captureOf(name);
    const cluster = viewOf(capture);
    for (const each of capture.nodes) {
      const node = each.mode === 'iptables' ? each : { ...each, text: withEmptyChain(each.text) };
      const title = `${node.mode} ${node.name}`;
      yield {
        title,
        open: () => ({
          title,
          node,
          cluster,
          oracle: new Oracle(node, capture),
          mutations: () => mutationsOf(node),
        }),
      };
    }
  }
}

function* mutationsOf({ mode, text, text6 }: CapturedNode): Generator<Mutation> {
  if (mode === 'nftables') yield* mutationsOfNft(text);
  else {
    yield* mutationsOfIptables(text, 4);
    yield* mutationsOfIptables(text6, 6);
  }
}

/** tried is what became of a mutation. */
export function tried({ title, node, cluster, oracle }: Case, mutation: Mutation): Result {
  const { family, text } = mutation;
  const report = reportOf(
    [{ mode: node.mode, family: family === 4 ? 'IPv4' : 'IPv6', text }],
    networkOf(node),
  );
  const findings = findingsOf(cluster, [{ node: node.name, addresses: [node.primary], ...report }]);
  const witness = oracle.witness(mutation, findings.length > 0);
  const agreed = (witness !== undefined) === findings.length > 0;
  const result = { title, mutation, witness, findings, agreed };
  const known = agreed ? undefined : classOf(result);
  return known === undefined ? result : { ...result, known };
}
