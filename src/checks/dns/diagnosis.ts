/** What all nodes together saw, before anything of it is told: replicas, resolvers, and what fails alike everywhere. */
import type { DNSLookup } from '../../api/v1alpha1/index.ts';
import type { JudgeInput } from '../check.ts';
import { plainReason } from './opinion.ts';
import { type Replica, replicaKey, replicasOf } from './replicas.ts';
import { type Resolver, resolverOf } from './resolver.ts';
import type { Side } from './sides.ts';

/** Diagnosis is all that is known of all nodes together. */
export interface Diagnosis {
  readonly input: JudgeInput;
  readonly sides: readonly Side[];
  readonly replicas: ReadonlyMap<string, Replica>;
  readonly resolvers: ReadonlyMap<string, Resolver>;
  /** cutOff are the nodes that no endpoint on another node answers, though they answer others. */
  readonly cutOff: ReadonlySet<string>;
  /** shared are the lookups that fail in the same way wherever they are asked, with the reason. */
  readonly shared: ReadonlyMap<DNSLookup, string>;
}

/** diagnose looks at all nodes. */
export function diagnose(input: JudgeInput, sides: readonly Side[]): Diagnosis {
  const replicas = replicasOf(sides);
  const resolvers = new Map(sides.map((side) => [side.node, resolverOf(side, input, side.task.services)]));
  const cutOff = new Set(sides.filter((side) => isCutOff(side, input, replicas)).map(({ node }) => node));
  return { input, sides, replicas, resolvers, cutOff, shared: sharedOf(sides) };
}

/** homeOf is the node that a replica runs on. */
export function homeOf({ api }: JudgeInput, { service, cells }: Replica): string | undefined {
  const view = api.cluster.services.get(`${service.namespace}/${service.name}`);
  const address = cells[0]?.server.address;
  return view?.endpoints.find((each) => each.address === address)?.node;
}

function isCutOff(side: Side, input: JudgeInput, replicas: ReadonlyMap<string, Replica>): boolean {
  const cells = side.cells.filter(({ server, state }) => server.path === 'Endpoints' && state !== 'Unasked');
  const keys = [...new Set(cells.map(({ server }) => replicaKey(server)))];
  const remote = keys.flatMap((key) => {
    const replica = replicas.get(key);
    return replica === undefined || homeOf(input, replica) === side.node ? [] : [replica];
  });
  const lost = remote.filter(({ answered }) => !answered.has(side.node));
  return lost.length * 2 > remote.length && lost.some(({ answered }) => answered.size > 0);
}

/** sharedOf finds the lookups that no server answers rightly to anyone, and that all fail in one way. */
function sharedOf(sides: readonly Side[]): ReadonlyMap<DNSLookup, string> {
  const found = new Map<DNSLookup, { reasons: Set<string>; nodes: Set<string> }>();
  for (const { node, looks } of sides) {
    for (const look of looks) {
      const { answer, asked } = look;
      if (answer === undefined || answer.kind === 'Broken') continue;
      const each = found.get(asked) ?? { reasons: new Set(), nodes: new Set() };
      found.set(asked, each);
      const failing = answer.kind === 'Wrong' || answer.kind === 'Fails' || answer.kind === 'Silent';
      each.reasons.add(failing ? plainReason(look) : '');
      each.nodes.add(node);
    }
  }
  return new Map(
    [...found].flatMap(([lookup, { reasons, nodes }]) => {
      const [reason = ''] = reasons;
      const wide = nodes.size > 1 || sides.length === 1;
      return reasons.size === 1 && reason !== '' && wide ? [[lookup, reason]] : [];
    }),
  );
}
