/** Whether audits can run at all: what `Ready` says, and what the operator waits for before it makes a run. */
import type { NetworkAudit, ReasonOf } from '../api/v1alpha1/index.ts';
import type { Check } from '../checks/check.ts';
import { type Eligibility, eligibleNodes } from './eligible.ts';
import { placesOf } from './plan.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import { selectorProblem } from './selector.ts';
import type { Settings } from './settings.ts';
import { plural } from './text.ts';
import { earliest, plusSeconds, timeOf } from './time.ts';
import type { World } from './world.ts';

/** Obstacle is why audits cannot run: a reason of `Ready=False` and a sentence that says what to do. */
export interface Obstacle {
  readonly reason: Extract<
    ReasonOf<'NetworkAudit', 'Ready'>,
    'InvalidSchedule' | 'InvalidSpec' | 'NoEligibleNodes' | 'NoResponders'
  >;
  readonly message: string;
}

/** Readiness is all that is to be known before a run is made. */
export interface Readiness {
  /** schedule is absent where the audit has none, or none that can be used. */
  readonly schedule?: Schedule;
  /** obstacle is absent when audits can run. */
  readonly obstacle?: Obstacle;
  /** unheard counts the nodes that can take part and have no responder Pod that is ready. */
  readonly unheard: number;
  /** settled is when the answer may change by time alone: a node stops being brand-new. */
  readonly settled?: Date;
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
  const invalid = selectorProblem(spec.nodes.selector);
  if (invalid !== undefined) {
    return { ...schedule, obstacle: { reason: 'InvalidSpec', message: invalid }, unheard: 0 };
  }
  const places = placesOf(spec.checks, kinds);
  const eligible = eligibleNodes(world, spec.nodes.selector, places, now, settings);
  const settled = eligible.skipped.some(({ reason }) => reason === 'NodeNew')
    ? firstGrown(world, now, settings)
    : undefined;
  const heard = respondingNodes(world);
  const asked = places.includes('pod') ? eligible.nodes.filter(({ places: own }) => own.includes('pod')) : [];
  const obstacle = absence(eligible, world, places.includes('pod'), heard);
  return {
    ...schedule,
    unheard: asked.filter(({ name }) => !heard.has(name)).length,
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(settled === undefined ? {} : { settled }),
  };
}

function respondingNodes(world: World): ReadonlySet<string> {
  const ready = world.responders.filter((responder) => responder.ready && !responder.deleting);
  return new Set(ready.map(({ node }) => node));
}

function absence(
  eligible: Eligibility,
  world: World,
  asksPods: boolean,
  heard: ReadonlySet<string>,
): Obstacle | undefined {
  if (asksPods && world.responderSet === undefined) {
    return {
      reason: 'NoResponders',
      message: 'The responder DaemonSet is not installed: install it, with `kubectl apply -k deploy`',
    };
  }
  if (eligible.nodes.length === 0) return { reason: 'NoEligibleNodes', message: whyNone(eligible) };
  if (asksPods && !eligible.nodes.some(({ name }) => heard.has(name))) {
    const message =
      'No responder Pod is ready on the nodes that can take part: look at the Pods of the responder DaemonSet';
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
