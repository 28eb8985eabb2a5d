/** Evidence as probes would have reported it, healthy or half broken, for a plan. */
import type { Plan, PlannedCheck } from '../../src/api/v1alpha1/index.ts';
import type { Task } from '../../src/checks/check.ts';
import { familyOf } from '../../src/checks/pod-to-pod/addresses.ts';
import type { Evidence, Result } from '../../src/checks/pod-to-pod/evidence.ts';
import { asked } from '../../src/checks/pod-to-pod/plan.ts';
import { readTask } from '../../src/checks/pod-to-pod/task.ts';

/** Health is how a network does: all well, or every second pair translated on its way. */
export type Health = 'healthy' | 'half broken';

/** evidenceOf is what the probe on a node reports. */
export function evidenceOf(plan: Plan, check: PlannedCheck, node: string, health: Health): Evidence {
  const questions = asked(plan, check, node);
  const own = plan.targets.find((target) => target.node === node)?.addresses ?? [];
  const local = own.length > 0 ? [...own] : ['10.127.0.9'];
  return {
    version: 1,
    local,
    mtu: 1450,
    results: questions.map((question, index): Result => {
      const microseconds = 180 + ((index * 7919) % 900);
      if (health === 'healthy' || question.target % 2 === 0) return microseconds;
      const from = local.find((address) => familyOf(address) === question.family) ?? '';
      const seen = question.family === 'IPv4' ? `192.168.${question.target % 256}.7` : 'fd00:ffff::7';
      return { t: microseconds, n: 3, v: [[3, '', 0, from, seen, 20_000 + index, '', '', '', '']] };
    }),
    heard: 'f'.repeat(plan.nodes.length),
  };
}

/** answerAsAsked is healthy evidence for a task, by the task alone. */
export function answerAsAsked(given: Task, local: string): Evidence {
  const task = readTask(given);
  if (task === undefined) throw new Error('The task is none of PodToPod');
  const questions = task.targets.flatMap(([, ...addresses]) => addresses.flatMap(() => task.protocols));
  const results = questions.map((_, index) => 180 + ((index * 7919) % 900));
  return { version: 1, local: [local], mtu: 1450, results, heard: 'f'.repeat(task.expected.length) };
}
