/** Whether audits can run at all: what `Ready` says, and what the operator waits for before it makes a run. */
import { bytesOf, maxChecksBytes, type NetworkAudit, type ReasonOf } from '../api/v1alpha1/index.ts';
import type { Check, Place } from '../checks/check.ts';
import { dueRun } from './due.ts';
import { type Eligibility, eligibleNodes } from './eligible.ts';
import { placesOf } from './plan.ts';
import { takenBy } from './runs.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import { selectorProblem } from './selector.ts';
import type { Settings } from './settings.ts';
import type { Case } from './step.ts';
import { plural } from './text.ts';
import { earliest, plusSeconds, timeOf } from './time.ts';
import type { ResponderView, World } from './world.ts';

/** Obstacle is why audits cannot run: a reason of `Ready=False` and a sentence that says what to do. */
export interface Obstacle {
  readonly reason: Extract<
    ReasonOf<'NetworkAudit', 'Ready'>,
    'InvalidSchedule' | 'InvalidSpec' | 'NameTaken' | 'NoEligibleNodes' | 'NoResponders'
  >;
  readonly message: string;
}

/** Readiness is all that is to be known before a run is made. */
export interface Readiness {
  /** schedule is absent where the audit has none, or none that can be used. */
  readonly schedule?: Schedule;
  /** obstacle is absent when audits can run. */
  readonly obstacle?: Obstacle;
  /** unheard counts the nodes that can take part from a Pod and have no responder Pod that is ready. */
  readonly unheard: number;
  /** settled is when the answer may change by time alone: a node stops being brand-new. */
  readonly settled?: Date;
  /** calm is when nothing that would be asked will be within the settle window any more; absent if that is now. */
  readonly calm?: Date;
}

/** readinessOf looks at the spec first, then at what there is to probe from, then at what there is to ask. */
export function readinessOf(
  audit: NetworkAudit,
  world: World,
  now: Date,
  settings: Settings,
  kinds: readonly Check[],
): Readiness {
  const { spec } = audit;
  const parsed = spec.schedule === undefined ? undefined : parseSchedule(spec.schedule, spec.timeZone);
  if (parsed?.kind === 'Problem') {
    return { obstacle: { reason: 'InvalidSchedule', message: parsed.message }, unheard: 0 };
  }
  const schedule = parsed === undefined ? {} : { schedule: parsed };
  const invalid = selectorProblem(spec.nodes.selector) ?? sizeProblem(audit);
  if (invalid !== undefined) {
    return { ...schedule, obstacle: { reason: 'InvalidSpec', message: invalid }, unheard: 0 };
  }
  const places = placesOf(spec.checks, kinds);
  const eligible = eligibleNodes(world, spec.nodes.selector, places, now, settings);
  const settled = eligible.skipped.some(({ reason }) => reason === 'NodeNew')
    ? firstGrown(world, now, settings)
    : undefined;
  const asked = eligible.nodes.filter((node) => node.places.includes('pod'));
  const heard = nodesOf(world.responders.filter(({ ready, deleting }) => ready && !deleting));
  const obstacle = absence(eligible, world, places);
  const calm = calmAt(new Set(asked.map(({ name }) => name)), world, now, settings);
  return {
    ...schedule,
    unheard: asked.filter(({ name }) => !heard.has(name)).length,
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(settled === undefined ? {} : { settled }),
    ...(calm === undefined ? {} : { calm }),
  };
}

/** sizeProblem says what the schema cannot: a list of long names, each within its bound, can be too much for a plan. */
function sizeProblem({ spec }: NetworkAudit): string | undefined {
  const size = bytesOf(spec.checks);
  if (size <= maxChecksBytes) return undefined;
  return `spec.checks: ${Math.ceil(size / 1024)} KiB of lookups and records are too much, at most ${maxChecksBytes / 1024} may be: ask fewer, or in another audit`;
}

/** withName adds the obstacle that somebody else's run has the name of the one that is due. */
export function withName(ready: Readiness, at: Pick<Case, 'audit' | 'runs' | 'world' | 'now'>): Readiness {
  const due = ready.obstacle === undefined ? dueRun(at.audit, ready.schedule, at.runs, at.now) : undefined;
  const whose = due === undefined ? undefined : takenBy(due.name, at.world);
  if (due === undefined || whose === undefined) return ready;
  const message = `The next run would be named ${due.name}, and a run of ${whose} has that name: delete it`;
  return { ...ready, obstacle: { reason: 'NameTaken', message } };
}

/** calmAt is when the last of the nodes and of their responders will have been ready for the settle window. */
function calmAt(
  asked: ReadonlySet<string>,
  world: World,
  now: Date,
  { settleSeconds }: Settings,
): Date | undefined {
  const times = [
    ...world.nodes.filter(({ name }) => asked.has(name)),
    ...world.responders.filter(({ node, ready, deleting }) => asked.has(node) && ready && !deleting),
  ].map(({ readySince }) => timeOf(readySince)?.getTime() ?? 0);
  const calm = plusSeconds(new Date(times.reduce((last, time) => Math.max(last, time), 0)), settleSeconds);
  return calm > now ? calm : undefined;
}

function nodesOf(responders: readonly ResponderView[]): ReadonlySet<string> {
  return new Set(responders.map(({ node }) => node));
}

/**
 * absence says what there is too little of. A responder that is there and not ready is asked all the same: it may be the
 * network that keeps it from becoming ready.
 */
function absence(eligible: Eligibility, world: World, places: readonly Place[]): Obstacle | undefined {
  const onlyPods = places.every((place) => place === 'pod');
  if (onlyPods && world.responderSet === undefined) {
    return {
      reason: 'NoResponders',
      message: 'The responder DaemonSet is not installed: install it, with `kubectl apply -k deploy`',
    };
  }
  if (eligible.nodes.length === 0) return { reason: 'NoEligibleNodes', message: whyNone(eligible) };
  const there = nodesOf(
    world.responders.filter(({ addresses, deleting }) => addresses.length > 0 && !deleting),
  );
  if (onlyPods && !eligible.nodes.some(({ name }) => there.has(name))) {
    const message =
      'No node that can take part has a responder Pod with an address: look at the responder DaemonSet';
    return { reason: 'NoResponders', message };
  }
  return undefined;
}

/** whyNone counts the reasons, without names or times: the message must not change by itself. */
function whyNone({ skipped }: Eligibility): string {
  if (skipped.length === 0)
    return 'No node has the labels that spec.nodes.selector asks for: correct the selector';
  const reasons = Map.groupBy(skipped, ({ reason }) => reason);
  const counts = [...reasons].map(([reason, nodes]) => `${nodes.length} ${reason}`).sort();
  return `None of ${plural(skipped.length, 'node')} can take part: ${counts.join(', ')}`;
}

function firstGrown(world: World, now: Date, settings: Settings): Date | undefined {
  const grown = world.nodes.flatMap(({ creationTime }) => {
    const created = timeOf(creationTime);
    return created === undefined ? [] : [plusSeconds(created, settings.newNodeSeconds)];
  });
  return earliest(...grown.filter((moment) => moment > now));
}
