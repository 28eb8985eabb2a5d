/** What a node's rules come to: what is right, what is wrong by reasons, and what cannot be told. */
import type { ServiceRulesOptions } from '../../../api/v1alpha1/index.ts';
import type { JudgeInput } from '../../check.ts';
import { defaultMaxLagSeconds } from '../options.ts';
import { comparedOf } from './buckets.ts';
import { dispatchOf } from './dispatch.ts';
import { toldOf } from './faults.ts';
import { bucketSubject, type Opinion, passed, subjects } from './opinion.ts';
import { type Weighing, weighingOf } from './rows.ts';
import type { Known } from './settling.ts';
import type { SeenSide } from './sides.ts';
import { readFamilies, unreadableText } from './unreadable.ts';

/** opinionsOnRules holds a node's table against the one that it must have. */
export function opinionsOnRules(
  input: JudgeInput,
  options: ServiceRulesOptions,
  side: SeenSide,
): readonly Opinion[] {
  const { api, check } = input;
  const compared = comparedOf(side, api.cluster);
  if (compared === undefined) return [];
  const weighing = weighingOf(
    side,
    compared,
    check.name,
    readFamilies(side.evidence),
    knownOf(input, options),
  );
  return [
    ...compared.right.map((bucket) => passed(bucketSubject(bucket))),
    ...failuresOf(side, weighing),
    ...unsettledOf(weighing),
    ...unreadOf(weighing),
    ...limitsOf(side),
  ];
}

/** Where kube-proxy may take longer than it usually does, what changed is given so much more time to settle. */
function knownOf({ api }: JudgeInput, { maxLagSeconds }: ServiceRulesOptions): Known {
  const { cluster, judgedTime, settledTime } = api;
  const more = Math.max(0, maxLagSeconds - defaultMaxLagSeconds) * 1000;
  return { cluster, judgedTime, settledTime: new Date(settledTime.getTime() - more) };
}

function failuresOf({ evidence }: SeenSide, { faults, more }: Weighing): readonly Opinion[] {
  const { explained, rest } = dispatchOf(faults, evidence.missingJumps);
  const byReason = [...Map.groupBy(rest, ({ difference }) => difference.reason)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const failures = byReason.map(([reason, ours]) => toldOf(reason, ours, evidence, more ? 'at least ' : ''));
  if (explained.length === 0) return failures;
  const jumps = evidence.missingJumps.slice(0, 4).join(', ');
  return [
    toldOf('DispatchMissing', explained, evidence, `missing: ${jumps}; so packets do not meet the rules of `),
    ...failures,
  ];
}

function unsettledOf({ settling, tooLong }: Weighing): readonly Opinion[] {
  const about = subjects.services;
  return [
    ...(tooLong.size === 0
      ? []
      : [{ outcome: 'Unknown', reason: 'SettlingTooLong', message: listed(tooLong), about } as const]),
    ...(settling.size === 0
      ? []
      : [{ outcome: 'Skipped', reason: 'Settling', message: listed(settling), about } as const]),
  ];
}

function unreadOf({ problem, unread }: Weighing): readonly Opinion[] {
  if (unread.length === 0) return [];
  const message = `the rules differ from the API in ${unread.length} of 128 parts, and which ones is not known: ${problem}`;
  const questions = unread.length;
  return [{ outcome: 'Unknown', reason: 'RowsNotRead', message, about: subjects.services, questions }];
}

/** limitsOf is what nothing can be said of, beside what was judged. */
function limitsOf({ evidence, node }: SeenSide): readonly Opinion[] {
  const { config, guards, unreadable } = evidence;
  const opinions: Opinion[] = [];
  if (unreadable.length > 0) {
    const message = unreadableText(evidence);
    opinions.push({ outcome: 'Unknown', reason: 'RulesUnreadable', message, about: subjects.unreadable });
  }
  const [guard] = guards;
  if (guard !== undefined) {
    const more = guards.length === 1 ? '' : `, and ${guards.length - 1} more rules`;
    const message = `packets to ${guard.count} endpoints pass a rule that is not understood: ${guard.rule}${more}`;
    opinions.push({ outcome: 'Unknown', reason: 'FilteredByOthers', message, about: subjects.others });
  }
  if (config === undefined) {
    const message = `kube-proxy on ${node} does not tell its configuration`;
    opinions.push({ outcome: 'Skipped', reason: 'ConfigUnknown', message, about: subjects.config });
  }
  return opinions;
}

/** listed says each thing once, and how many more there are. */
function listed(messages: ReadonlySet<string>): string {
  const different = [...messages].sort();
  const more = different.length > 3 ? `; and ${different.length - 3} more` : '';
  return `${different.slice(0, 3).join('; ')}${more}`;
}
