/** What all nodes together saw of each DNS endpoint: which fail from everywhere, and which alone give other answers. */
import type { DNSService } from '../../api/v1alpha1/index.ts';
import { socketAddress } from '../pod-to-pod/addresses.ts';
import { type Cause, podOf, replicaName } from './opinion.ts';
import { type Cell, type Look, latencyOf, type Side } from './sides.ts';
import type { Transport } from './task.ts';

/** lateMilliseconds is from when on a late answer is the five seconds' wait of a resolver that lost one. */
export const lateMilliseconds = 4000;

/** Replica is one endpoint as all nodes saw it. */
export interface Replica {
  readonly key: string;
  readonly name: string;
  /** pod is `namespace/name` of its Pod. */
  readonly pod?: string;
  readonly service: DNSService;
  readonly cells: readonly Cell[];
  /** askers are the nodes that asked it anything, answered those that got any answer. */
  readonly askers: ReadonlySet<string>;
  readonly answered: ReadonlySet<string>;
  /** late are the nodes that had its answers seconds late. */
  readonly late: ReadonlySet<string>;
  /** looks are all questions that it was asked, by lookup. */
  readonly looks: ReadonlyMap<number, readonly Look[]>;
}

/** replicaKey names an endpoint. */
export function replicaKey({ address, port }: { readonly address: string; readonly port: number }): string {
  return socketAddress(address, port);
}

/** replicasOf gathers what the nodes saw. */
export function replicasOf(sides: readonly Side[]): ReadonlyMap<string, Replica> {
  const found = new Map<string, { service: DNSService; cells: Cell[]; late: Set<string> }>();
  for (const side of sides) {
    for (const cell of side.cells) {
      if (cell.server.path !== 'Endpoints' || side.service === undefined || cell.state === 'Unasked')
        continue;
      const key = replicaKey(cell.server);
      const replica = found.get(key) ?? { service: side.service, cells: [], late: new Set() };
      found.set(key, replica);
      replica.cells.push(cell);
      const [look] = cell.looks;
      if (look !== undefined && isLate(side, look)) replica.late.add(side.node);
    }
  }
  return new Map(
    [...found].map(([key, { service, cells, late }]) => [key, replicaOf(key, service, cells, late)]),
  );
}

/** isLate tells a server whose answers came when nobody waited for them any more. */
export function isLate(side: Side, look: Pick<Look, 'serverIndex'>): boolean {
  return (latencyOf(side, look)?.lateMilliseconds ?? 0) >= lateMilliseconds;
}

function replicaOf(
  key: string,
  service: DNSService,
  cells: readonly Cell[],
  late: ReadonlySet<string>,
): Replica {
  const server = cells[0]?.server ?? { address: '', port: 0 };
  const pod = podOf(service, server.address, server.port);
  const asked = cells.flatMap(({ looks }) => looks.filter(({ answer }) => answer !== undefined));
  return {
    key,
    name: replicaName(service, server.address, server.port),
    ...(pod === undefined ? {} : { pod }),
    service,
    cells,
    askers: new Set(cells.map(({ node }) => node)),
    answered: new Set(cells.filter(({ state }) => state === 'Answers').map(({ node }) => node)),
    late,
    looks: Map.groupBy(asked, ({ lookup }) => lookup),
  };
}

/** isDown tells a replica that answered nobody; one whose answers came late is slow, and not down. */
export function isDown({ askers, answered, late }: Replica): boolean {
  return askers.size > 0 && answered.size === 0 && late.size === 0;
}

/** isOneSided tells a replica that is silent over one transport to everyone who asked, and answers over the other. */
export function isOneSided({ cells, askers }: Replica, transport: Transport): boolean {
  const ours = cells.filter((cell) => cell.transport === transport);
  const others = cells.filter((cell) => cell.transport !== transport);
  return (
    ours.length > 0 &&
    new Set(ours.map(({ node }) => node)).size === askers.size &&
    ours.every(({ state }) => state === 'Silent') &&
    others.length > 0 &&
    others.every(({ state }) => state === 'Answers')
  );
}

/** signatureOf tells answers apart. */
export function signatureOf({ seen, answer }: Look): string {
  if (answer?.kind === 'Silent') return 'Silent';
  return [seen?.kind, ...(seen?.records ?? []), ...(seen?.aliases ?? [])].join('\n');
}

/** isAlone tells whether one replica fails at a lookup whoever asks it, while another one is right. */
export function isAlone(replica: Replica, lookup: number, all: ReadonlyMap<string, Replica>): boolean {
  const ours = replica.looks.get(lookup) ?? [];
  const bad = ours.every(({ answer }) => answer?.kind === 'Wrong' || answer?.kind === 'Fails');
  if (ours.length === 0 || !bad) return false;
  return [...all.values()].some(
    (other) =>
      other !== replica && (other.looks.get(lookup) ?? []).some(({ answer }) => answer?.kind === 'Right'),
  );
}

/** ofPod lays a failure on a replica: alike from all nodes, it is told once. */
export function ofPod({ pod, name }: Replica, cause: Cause): Cause {
  const whole = { ...cause, subject: name, everywhere: true as const };
  return pod === undefined ? whole : { ...whole, blames: { kind: 'Pod', name: pod } };
}
