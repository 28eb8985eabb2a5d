/** One diagnosis out of all paths of all nodes: why a question failed, told as one cause and not as its consequences. */
import type { DNSLookup } from '../../api/v1alpha1/index.ts';
import type { JudgeInput } from '../check.ts';
import { absolute, searchOf } from './names.ts';
import { type Cause, lookupName } from './opinion.ts';
import {
  isAlone,
  isDown,
  isLate,
  isOneSided,
  type Replica,
  replicaKey,
  replicasOf,
  signatureOf,
} from './replicas.ts';
import { type Resolver, resolverOf } from './resolver.ts';
import type { Cell, Look, Side } from './sides.ts';
import { isRelative } from './task.ts';

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

/** causeOf says why a question failed. */
export function causeOf(diagnosis: Diagnosis, side: Side, look: Look): Cause {
  const { path } = look.server;
  if (path === 'Endpoints') return causeAtEndpoint(diagnosis, side, look);
  if (path === 'Service') return causeAtService(diagnosis, side, look);
  return causeAtResolver(diagnosis, side, look);
}

/** plainReason is what the answer alone says. */
export function plainReason({ answer }: Look): Cause['reason'] {
  return answer?.kind === 'Wrong' || answer?.kind === 'Fails' ? answer.reason : 'TimedOut';
}

function plain({ shared }: Diagnosis, look: Look, why = ''): Cause {
  const reason = plainReason(look);
  if (shared.get(look.asked) !== reason) return { reason, why };
  return { reason, why, subject: lookupName(look.asked), everywhere: true };
}

function causeAtEndpoint(diagnosis: Diagnosis, side: Side, look: Look): Cause {
  const { replicas, cutOff } = diagnosis;
  const replica = replicas.get(replicaKey(look.server));
  const cell = cellOf(side, look);
  if (replica === undefined || cell === undefined) return plain(diagnosis, look);
  const silent = look.answer?.kind === 'Silent';
  if (silent && isLate(side, look)) return slow(diagnosis, replica, side);
  if (silent && cell.state !== 'Answers') {
    if (otherCell(side, cell)?.state === 'Answers') return oneSided(diagnosis, side, cell, replica);
    if (!isDown(replica) || cutOff.has(side.node)) return unreachable(diagnosis, side, replica);
    return down(diagnosis, replica);
  }
  if (isDown(replica) && (silent || othersAnswer(diagnosis, replica))) return down(diagnosis, replica);
  if (!silent && isAlone(replica, look.lookup, replicas)) return alone(replica, look);
  return plain(diagnosis, look);
}

function causeAtService(diagnosis: Diagnosis, side: Side, look: Look): Cause {
  if (isEmpty(side)) return noEndpoints(side);
  const caching = diagnosis.input.api.cluster.cachingNodes.has(side.node)
    ? 'NodeLocal DNSCache on this node takes what is sent to the ClusterIP: this tests the cache'
    : '';
  const cause = causeThroughService(diagnosis, side, look);
  return caching === '' ? cause : { ...cause, why: cause.why === '' ? caching : `${cause.why}; ${caching}` };
}

/** What goes through the Service meets any of the replicas, by chance: theirs are its failures. */
function causeThroughService(diagnosis: Diagnosis, side: Side, look: Look): Cause {
  const { replicas } = diagnosis;
  const ours = [...replicas.values()].filter(({ service }) => service === side.service);
  if (look.answer?.kind !== 'Silent') {
    return causeOfReply(diagnosis, side, look, ours);
  }
  if (isLate(side, look)) return slow(diagnosis, undefined, side);
  const cells = side.cells.filter(
    ({ server, transport, state }) =>
      server.path === 'Endpoints' && transport === look.transport && state !== 'Unasked',
  );
  const causes = cells.flatMap((cell) => {
    const silent = cell.looks.find(({ answer }) => answer?.kind === 'Silent');
    return silent === undefined ? [] : [causeAtEndpoint(diagnosis, side, silent)];
  });
  const telling = causes.filter(({ reason }) => reason !== 'TimedOut');
  const known = telling.find(({ everywhere }) => everywhere === true) ?? telling[0];
  if (known !== undefined) return known;
  const elsewhere = ours.find((each) => isDown(each) || isOneSided(each, look.transport));
  if (elsewhere !== undefined) {
    return isDown(elsewhere) ? down(diagnosis, elsewhere) : podOneSided(elsewhere, look.transport);
  }
  const cell = cellOf(side, look);
  if (cell?.state === 'Silent' && cells.length > 0 && !answeredByService(side, look)) {
    return servicePath(diagnosis, side, look);
  }
  const other = cell === undefined ? undefined : otherCell(side, cell);
  if (cell?.state === 'Silent' && other?.state === 'Answers' && cells.length === 0) {
    return oneSided(diagnosis, side, cell, undefined);
  }
  return plain(diagnosis, look);
}

/** A reply through the Service is of the replica that gives it to those who ask it directly. */
function causeOfReply(diagnosis: Diagnosis, side: Side, look: Look, replicas: readonly Replica[]): Cause {
  const signature = signatureOf(look);
  const says = (replica: Replica, lookup: number) =>
    (replica.looks.get(lookup) ?? []).some((other) => signatureOf(other) === signature);
  const dead = replicas.find(
    (each) =>
      isDown(each) && othersAnswer(diagnosis, each) && [...each.looks.keys()].some((of) => says(each, of)),
  );
  if (dead !== undefined && look.answer?.kind === 'Fails') return down(diagnosis, dead);
  for (const lookup of twinsOf(diagnosis, side, look)) {
    const liar = replicas.find((each) => says(each, lookup) && isAlone(each, lookup, diagnosis.replicas));
    if (liar !== undefined) return alone(liar, look);
  }
  return plain(diagnosis, look);
}

/** twinsOf are the lookups that ask for the same: of a name that goes through the search list, those in full. */
function twinsOf({ input }: Diagnosis, { task }: Side, { lookup, asked }: Look): readonly number[] {
  if (!isRelative([asked.name, asked.type])) return [lookup];
  const { ownNamespace, domain } = input.api.cluster;
  const names = searchOf(ownNamespace, domain).map((suffix) => absolute(`${asked.name}.${suffix}`));
  return task.lookups.flatMap(([name, type], index) =>
    type === asked.type && names.includes(absolute(name)) ? [index] : [],
  );
}

function causeAtResolver(diagnosis: Diagnosis, side: Side, look: Look): Cause {
  const resolver = diagnosis.resolvers.get(side.node);
  const silent = look.seen?.silent ?? [];
  if (resolver?.kind === 'Service' || resolver?.kind === 'Unreadable') {
    return isEmpty(side) && look.answer?.kind !== 'Wrong'
      ? noEndpoints(side)
      : causeThroughService(diagnosis, side, look);
  }
  if (side.task.services.length === 0) {
    return { reason: 'NoDNSService', why: 'no Service of the cluster is its DNS' };
  }
  if (resolver?.kind === 'Other' && resolver.governed) {
    const servers = side.evidence === undefined ? [] : namesOf(side);
    const why = `resolv.conf names ${servers}, which is no DNS Service of the cluster`;
    return { reason: 'ResolvConfWrong', why, blames: { kind: 'Node', name: side.node } };
  }
  const dead = [...diagnosis.replicas.values()];
  const [first] = dead;
  if (first !== undefined && dead.every(isDown)) return down(diagnosis, first);
  const cache = resolver?.kind === 'NodeLocal' ? `${namesOf(side)} is a cache on the node` : '';
  return plain(diagnosis, look, silent.length > 0 ? `${silent.join(', ')} gave no answer` : cache);
}

function namesOf({ evidence }: Side): string {
  if (evidence === undefined || 'problem' in evidence.resolvConf) return 'no server';
  return evidence.resolvConf.nameservers.slice(0, 3).join(', ') || 'no server';
}

/** isEmpty tells a DNS Service that had no ready endpoint. */
export function isEmpty({ service }: Side): boolean {
  return service !== undefined && service.endpoints.length === 0;
}

/** noEndpoints is that cause. */
export function noEndpoints({ service }: Side): Cause {
  const name = `${service?.namespace ?? ''}/${service?.name ?? ''}`;
  return {
    reason: 'NoDNSEndpoints',
    why: `Service ${name} has no endpoint that is ready`,
    subject: `Service ${name}`,
    everywhere: true,
    blames: { kind: 'Service', name },
  };
}

function down(diagnosis: Diagnosis, replica: Replica): Cause {
  const { askers, service } = replica;
  const all = [...diagnosis.replicas.values()].filter((each) => each.service === service);
  const dead = all.filter(isDown).length;
  const rest =
    dead === all.length ? 'no replica answers' : `${all.length - dead} of ${all.length} replicas answer`;
  const nodes = askers.size === 1 ? 'the one node' : `all ${askers.size} nodes`;
  return ofPod(replica, {
    reason: 'EndpointDown',
    why: `${replica.name} answers nothing to ${nodes} that asked it; ${rest}`,
  });
}

function alone(replica: Replica, look: Look): Cause {
  const why = `${replica.name} alone says so, other replicas are right`;
  return ofPod(replica, { reason: plainReason(look), why });
}

function ofPod({ pod, name }: Replica, cause: Cause): Cause {
  const whole = { ...cause, subject: name, everywhere: true as const };
  return pod === undefined ? whole : { ...whole, blames: { kind: 'Pod', name: pod } };
}

function slow({ replicas }: Diagnosis, replica: Replica | undefined, side: Side): Cause {
  const why = 'the answer came seconds after its time';
  const late = [...replicas.values()].filter((each) => each.late.size > 0);
  const culprit = replica ?? (late.length === 1 ? late[0] : undefined);
  const others = [...replicas.values()].filter((each) => each !== culprit);
  const only = culprit !== undefined && others.length > 0 && others.every((each) => each.late.size === 0);
  if (only && culprit.late.size === culprit.askers.size)
    return ofPod(culprit, { reason: 'SlowLookups', why });
  const here = late.length > 0 && late.every((each) => each.late.has(side.node) && each.late.size === 1);
  const others2 = late.some((each) => each.askers.size > 1);
  return here && others2
    ? { reason: 'SlowLookups', why, blames: { kind: 'Node', name: side.node } }
    : { reason: 'SlowLookups', why };
}

function unreachable(diagnosis: Diagnosis, side: Side, replica: Replica): Cause {
  const { api } = diagnosis.input;
  const home = homeOf(diagnosis.input, replica);
  const others = [...replica.askers].filter((node) => node !== home);
  const why = `${replica.name} answers ${[...replica.answered].slice(0, 3).join(', ') || 'no node that is not cut off'}`;
  const cause: Cause = { reason: 'EndpointUnreachable', why };
  if (diagnosis.cutOff.has(side.node)) return { ...cause, blames: { kind: 'Node', name: side.node } };
  const isolated = others.length > 1 && others.every((node) => !replica.answered.has(node));
  return isolated && home !== undefined && !api.gone.has(home)
    ? { ...cause, blames: { kind: 'Node', name: home } }
    : cause;
}

function servicePath({ sides }: Diagnosis, side: Side, look: Look): Cause {
  const why = 'the endpoints answer this node, and the ClusterIP does not';
  const broken = sides.filter((each) => each.cells.some((cell) => isBroken(cell, look)));
  const asked = sides.filter((each) =>
    each.cells.some((cell) => isLike(cell, look) && cell.state !== 'Unasked'),
  );
  const { service } = side;
  if (asked.length > 1 && broken.length === asked.length && service !== undefined) {
    const name = `${service.namespace}/${service.name}`;
    return {
      reason: 'ServicePathBroken',
      why,
      subject: `Service ${name}`,
      everywhere: true,
      blames: { kind: 'Service', name },
    };
  }
  return { reason: 'ServicePathBroken', why, blames: { kind: 'Node', name: side.node } };
}

function isBroken(cell: Cell, look: Look): boolean {
  return isLike(cell, look) && cell.state === 'Silent';
}

function isLike({ server, transport }: Cell, look: Look): boolean {
  return (
    server.path === look.server.path && transport === look.transport && server.address === look.server.address
  );
}

/** oneSided is silence over one transport where the same server answers over the other. */
function oneSided(diagnosis: Diagnosis, side: Side, cell: Cell, replica: Replica | undefined): Cause {
  const { transport } = cell;
  const cells = side.cells.filter(
    ({ server, transport: of, state }) =>
      server.path === 'Endpoints' && of === transport && state !== 'Unasked',
  );
  const here = cells.length > 0 && cells.every(({ state }) => state === 'Silent');
  if (replica !== undefined && !here && isOneSided(replica, transport) && replica.askers.size > 1) {
    return podOneSided(replica, transport);
  }
  const cause: Cause = {
    reason: transport === 'UDP' ? 'UDPOnlyBroken' : 'TCPOnlyBroken',
    why: `over ${transport === 'UDP' ? 'TCP' : 'UDP'} the same server answers`,
  };
  const everyone = [...diagnosis.replicas.values()].every((each) => isOneSided(each, transport));
  const single = diagnosis.sides.length === 1 || !everyone;
  return here && single ? { ...cause, blames: { kind: 'Node', name: side.node } } : cause;
}

function podOneSided(replica: Replica, transport: Cell['transport']): Cause {
  return ofPod(replica, {
    reason: transport === 'UDP' ? 'UDPOnlyBroken' : 'TCPOnlyBroken',
    why: `${replica.name} answers over ${transport === 'UDP' ? 'TCP' : 'UDP'} only`,
  });
}

function cellOf(side: Side, look: Look): Cell | undefined {
  return side.cells.find(
    ({ looks, transport }) => transport === look.transport && looks[0]?.serverIndex === look.serverIndex,
  );
}

function otherCell(side: Side, cell: Cell): Cell | undefined {
  const index = cell.looks[0]?.serverIndex;
  return side.cells.find(
    ({ looks, transport }) => transport !== cell.transport && looks[0]?.serverIndex === index,
  );
}

/** answeredByService tells whether the Service answered otherwise, when it was resolv.conf that led to it. */
function answeredByService(side: Side, look: Look): boolean {
  return (
    look.server.path === 'ResolvConf' &&
    side.cells.some(
      ({ server, transport, state }) =>
        server.path === 'Service' && transport === look.transport && state === 'Answers',
    )
  );
}

function othersAnswer({ replicas }: Diagnosis, replica: Replica): boolean {
  return [...replicas.values()].some((other) => other !== replica && other.answered.size > 0);
}

function homeOf({ api }: JudgeInput, { service, cells }: Replica): string | undefined {
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
