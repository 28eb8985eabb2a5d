/** Whether what was seen of one question counts, and as what. */
import type { DNSOptions, DNSPath } from '../../api/v1alpha1/index.ts';
import { isEmpty, noEndpoints } from './blame.ts';
import { causeOf } from './causes.ts';
import type { Diagnosis } from './diagnosis.ts';
import { notAsked } from './evidence.ts';
import { slowness } from './latency.ts';
import { failed, type Opinion, passed, seenText } from './opinion.ts';
import { settlingOf } from './settling.ts';
import type { Look, Side } from './sides.ts';
import { isRelative } from './task.ts';

/** opinionOn judges one question that was to be asked. */
export function opinionOn(diagnosis: Diagnosis, options: DNSOptions, side: Side, look: Look): Opinion {
  const { api } = diagnosis.input;
  const gone = api.gone.get(side.node);
  if (gone !== undefined) return { outcome: 'Skipped', reason: 'NodeGone', message: gone };
  const { answer } = look;
  if (answer === undefined) return opinionOnUnasked(side, look);
  if (answer.kind === 'Broken')
    return { outcome: 'Unknown', reason: 'EvidenceBroken', message: answer.message };
  if (answer.kind === 'Settling')
    return { outcome: 'Skipped', reason: 'Settling', message: seenText(side, look) };
  if (answer.kind === 'TooLong') {
    return { outcome: 'Unknown', reason: 'SettlingTooLong', message: seenText(side, look) };
  }
  const searching = searchingOf(diagnosis, side, look);
  if (searching !== undefined && answer.kind !== 'Silent') return searching;
  if (answer.kind === 'Right') return opinionOnRight(diagnosis, options, side, look);
  const settling = settlingOf(diagnosis.input, side, look);
  if (settling !== undefined) return settling;
  if (isExternal(diagnosis, side) && look.server.path !== 'ResolvConf') {
    const message = `Pods of this cluster ask another resolver, which is right; seen: ${seenText(side, look)}`;
    return { outcome: 'Skipped', reason: 'ExternalDNS', message };
  }
  const opinion = failed(side, look, causeOf(diagnosis, side, look));
  const policy =
    answer.kind === 'Silent'
      ? api.policies.find(({ selects, denies }) => selects.includes('probe') && denies.includes('Egress'))
      : undefined;
  if (policy === undefined) return opinion;
  const message = `NetworkPolicy ${policy.name} denies what the probe sends; seen: ${opinion.message}`;
  return { outcome: 'Unknown', reason: 'BlockedByPolicy', message };
}

/** opinionOnPath judges a path along which there was nobody to ask; undefined where there was somebody. */
export function opinionOnPath(diagnosis: Diagnosis, side: Side, path: DNSPath): Opinion | undefined {
  const { input } = diagnosis;
  if (path === 'ResolvConf' || side.looks.some(({ server }) => server.path === path)) return undefined;
  const gone = input.api.gone.get(side.node);
  if (gone !== undefined) return { outcome: 'Skipped', reason: 'NodeGone', message: gone };
  if (side.task.services.length === 0) return withoutService(side);
  if (path === 'Service' || !isEmpty(side) || side.service === undefined) return undefined;
  const { why, ...cause } = noEndpoints(side);
  const key = `${side.service.namespace}/${side.service.name}`;
  const view = input.api.cluster.services.get(key);
  const changed = [view?.changedTime ?? '', ...(view?.endpointTimes.values() ?? [])];
  if (changed.some((time) => Date.parse(time) > input.api.settledTime.getTime())) {
    return {
      outcome: 'Skipped',
      reason: 'Settling',
      message: `the endpoints of Service ${key} changed lately`,
    };
  }
  const unclear = view?.endpoints.some(({ ready }) => ready) === true || isExternal(diagnosis, side);
  if (unclear) {
    const message = `${why} with a port that is known to be DNS`;
    return { outcome: 'Skipped', reason: 'ExternalDNS', message };
  }
  return { outcome: 'Failed', ...cause, message: why };
}

function withoutService(side: Side): Opinion {
  const ours = side.looks.flatMap(({ answer }) => (answer === undefined ? [] : [answer.kind]));
  if (ours.length > 0 && ours.every((kind) => kind === 'Right' || kind === 'Settling')) {
    const message = 'no Service of the cluster is its DNS, and the resolver of the Pods is right';
    return { outcome: 'Skipped', reason: 'ExternalDNS', message };
  }
  if (ours.length > 0 && ours.every((kind) => kind === 'Broken')) {
    return {
      outcome: 'Unknown',
      reason: 'EvidenceBroken',
      message: 'nothing was seen of the resolver of the Pods',
    };
  }
  const message = 'no Service of the cluster is its DNS';
  return {
    outcome: 'Failed',
    reason: 'NoDNSService',
    message,
    subject: 'the DNS Service',
    everywhere: true,
  };
}

function opinionOnUnasked(side: Side, { result }: Look): Opinion {
  const complete = side.report?.kind === 'Answered' && side.report.complete;
  if (result === notAsked.silent) {
    return { outcome: 'Skipped', reason: 'ServerSilent', message: 'the server had been silent twice' };
  }
  return result === notAsked.pending || !complete
    ? {
        outcome: 'Unknown',
        reason: 'NoReport',
        message: `the probe on ${side.node} ended before it had asked this`,
      }
    : { outcome: 'Unknown', reason: 'NotAsked', message: 'there was no time left for this question' };
}

function opinionOnRight(diagnosis: Diagnosis, options: DNSOptions, side: Side, look: Look): Opinion {
  const silent = look.seen?.silent ?? [];
  if (silent.length > 0 && look.server.path === 'ResolvConf') {
    const unanswered: Look = {
      ...look,
      answer: {
        kind: 'Silent',
        message: `${silent.slice(0, 3).join(', ')} gave no answer before another did`,
      },
    };
    const settling = settlingOf(diagnosis.input, side, unanswered);
    if (settling !== undefined) return settling;
    const cause = causeOf(diagnosis, side, unanswered);
    return failed(
      side,
      unanswered,
      cause.reason === 'TimedOut' ? { ...cause, reason: 'SlowLookups' } : cause,
    );
  }
  const slow = slowness(diagnosis, side, look, options.maxLatencyMilliseconds);
  return slow === undefined ? passed : failed(side, look, slow);
}

/** searchingOf fails the names that the search list is for, and the first name where the audit asks none of those. */
function searchingOf({ resolvers }: Diagnosis, side: Side, look: Look): Opinion | undefined {
  const why = resolvers.get(side.node)?.searching ?? '';
  if (why === '' || look.server.path !== 'ResolvConf') return undefined;
  const { lookups } = side.task;
  const concerned = lookups.some(isRelative)
    ? isRelative([look.asked.name, look.asked.type])
    : look.lookup === 0;
  if (!concerned) return undefined;
  return failed(side, look, { reason: 'ResolvConfWrong', why, blames: { kind: 'Node', name: side.node } });
}

/** isExternal tells a cluster whose Pods all ask another resolver than a DNS Service, and are answered rightly. */
function isExternal({ sides, resolvers }: Diagnosis, side: Side): boolean {
  const ours = side.looks.filter(({ server }) => server.path === 'ResolvConf');
  return (
    sides.every(({ node }) => resolvers.get(node)?.kind === 'Other') &&
    ours.some(({ answer }) => answer?.kind === 'Right') &&
    ours.every(({ answer }) => answer?.kind === 'Right' || answer?.kind === 'Settling')
  );
}
