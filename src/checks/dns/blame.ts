/** The causes of failures, each with whom it blames, and whether it is of no one node. */
import { type Diagnosis, homeOf } from './diagnosis.ts';
import { type Cause, lookupName, plainReason } from './opinion.ts';
import { isDown, isOneSided, ofPod, type Replica } from './replicas.ts';
import type { Cell, Look, Side } from './sides.ts';

/** plain is what the answer alone says, of the lookup where it fails so wherever it is asked. */
export function plain({ shared }: Diagnosis, look: Look, why = ''): Cause {
  const reason = plainReason(look);
  if (shared.get(look.asked) !== reason) return { reason, why };
  return { reason, why, subject: lookupName(look.asked), everywhere: true };
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

/** down is a replica that fails from everywhere. */
export function down(diagnosis: Diagnosis, replica: Replica): Cause {
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

/** alone is an answer that one replica alone gives. */
export function alone(replica: Replica, look: Look): Cause {
  const why = `${replica.name} alone says so, other replicas are right`;
  return ofPod(replica, { reason: plainReason(look), why });
}

/** slow is an answer that came seconds after its time: of one replica, of one node, or of neither. */
export function slow({ replicas }: Diagnosis, replica: Replica | undefined, side: Side): Cause {
  const cause: Cause = { reason: 'SlowLookups', why: 'the answer came seconds after its time' };
  const late = [...replicas.values()].filter((each) => each.late.size > 0);
  const culprit = replica ?? late[0];
  if (culprit === undefined) return cause;
  const alone = replicas.size > 1 && late.length === 1 && late[0] === culprit;
  if (alone && culprit.late.size === culprit.askers.size) return ofPod(culprit, cause);
  const here = late.every((each) => each.late.size === 1 && each.late.has(side.node));
  return here && late.some(({ askers }) => askers.size > 1)
    ? { ...cause, blames: { kind: 'Node', name: side.node } }
    : cause;
}

/** unreachable is a replica that answers others, or a node that nobody answers. */
export function unreachable(diagnosis: Diagnosis, side: Side, replica: Replica): Cause {
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

/** servicePath is a silent ClusterIP before endpoints that answer. */
export function servicePath({ sides }: Diagnosis, side: Side, look: Look): Cause {
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
export function oneSided(diagnosis: Diagnosis, side: Side, cell: Cell, replica: Replica | undefined): Cause {
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
  if (diagnosis.replicas.size > 0 && everyone && diagnosis.sides.length > 1) {
    return { ...cause, subject: `DNS over ${transport}`, everywhere: true };
  }
  return here ? { ...cause, blames: { kind: 'Node', name: side.node } } : cause;
}

/** podOneSided is a replica that answers over one transport only, whoever asks. */
export function podOneSided(replica: Replica, transport: Cell['transport']): Cause {
  return ofPod(replica, {
    reason: transport === 'UDP' ? 'UDPOnlyBroken' : 'TCPOnlyBroken',
    why: `${replica.name} answers over ${transport === 'UDP' ? 'TCP' : 'UDP'} only`,
  });
}

/** cellOf is all that was asked of the same server over the same transport, otherCell over the other one. */
export function cellOf(side: Side, look: Look): Cell | undefined {
  return side.cells.find(
    ({ looks, transport }) => transport === look.transport && looks[0]?.serverIndex === look.serverIndex,
  );
}

export function otherCell(side: Side, cell: Cell): Cell | undefined {
  const index = cell.looks[0]?.serverIndex;
  return side.cells.find(
    ({ looks, transport }) => transport !== cell.transport && looks[0]?.serverIndex === index,
  );
}

/** answeredByService tells whether the Service answered otherwise, when it was resolv.conf that led to it. */
export function answeredByService(side: Side, look: Look): boolean {
  return (
    look.server.path === 'ResolvConf' &&
    side.cells.some(
      ({ server, transport, state }) =>
        server.path === 'Service' && transport === look.transport && state === 'Answers',
    )
  );
}

/** othersAnswer tells whether any other replica answers anybody. */
export function othersAnswer({ replicas }: Diagnosis, replica: Replica): boolean {
  return [...replicas.values()].some((other) => other !== replica && other.answered.size > 0);
}
