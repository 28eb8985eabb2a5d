/** Why a question failed, told as one cause and not as its consequences: of the path, of a replica, or of the answer. */
import {
  alone,
  answeredByService,
  cellOf,
  down,
  isEmpty,
  noEndpoints,
  oneSided,
  otherCell,
  othersAnswer,
  plain,
  podOneSided,
  servicePath,
  slow,
  unreachable,
} from './blame.ts';
import type { Diagnosis } from './diagnosis.ts';
import { absolute, searchOf } from './names.ts';
import type { Cause } from './opinion.ts';
import { isAlone, isDown, isLate, isOneSided, type Replica, replicaKey, signatureOf } from './replicas.ts';
import type { Look, Side } from './sides.ts';
import { isRelative } from './task.ts';

/** causeOf says why a question failed. */
export function causeOf(diagnosis: Diagnosis, side: Side, look: Look): Cause {
  const { path } = look.server;
  if (path === 'Endpoints') return causeAtEndpoint(diagnosis, side, look);
  if (path === 'Service') return causeAtService(diagnosis, side, look);
  return causeAtResolver(diagnosis, side, look);
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
    if (lookup === look.lookup) continue;
    // A name that is denied under one suffix is asked for under the next, and as it is: whatever comes of that is of it.
    const denier = replicas.find((each) => denies(each, lookup) && isAlone(each, lookup, diagnosis.replicas));
    const [denial] = denier?.looks.get(lookup) ?? [];
    if (denier !== undefined && denial !== undefined) return alone(denier, denial);
    const twin = side.looks.find((each) => each.lookup === lookup && each.server === look.server);
    if (twin !== undefined && diagnosis.shared.get(twin.asked) === 'NameNotFound')
      return plain(diagnosis, twin);
  }
  return plain(diagnosis, look);
}

function denies({ looks }: Replica, lookup: number): boolean {
  return (looks.get(lookup) ?? []).every(({ seen }) => seen?.kind === 'NXDomain' || seen?.kind === 'NoData');
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
