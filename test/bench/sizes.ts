/** How large evidence is, against the 4,096 bytes of a termination message. */
import { encodeAnswer, longestMessage } from '../../src/checks/answer.ts';
import { registry } from '../../src/checks/registry.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { askingsOf } from '../../src/plan/questions.ts';
import { defaultSettings } from '../../src/plan/settings.ts';
import { evidenceOf, type Health } from './answers.ts';
import type { Figure, Section } from './figures.ts';
import { began, runOf, worldOf } from './large-cluster.ts';

/** measureSizes encodes the answers of 20 and of 50 peers, one family and two, healthy and half broken. */
export function measureSizes(): Section {
  const figures = [20, 50].flatMap((peers) =>
    ([1, 2] as const).flatMap((families) =>
      (['healthy', 'half broken'] as const).map((health) => answerSize(peers, families, health)),
    ),
  );
  return {
    title: 'Evidence of TCP and UDP, against the 4,096 bytes of a termination message',
    figures: [...figures, questionSize(50, 2)],
  };
}

function answerSize(peers: number, families: 1 | 2, health: Health): Figure {
  const { plan, run, asking } = planOf(peers, families);
  const [check] = plan.checks;
  if (check === undefined || 'problem' in asking.question) throw new Error('Nothing is asked');
  const evidence = evidenceOf(plan, check, asking.node, health);
  const results = [{ check: check.name, evidence }];
  const question = asking.question.hash;
  const answer = encodeAnswer({ version: 1, run: run.metadata.uid, question, complete: true, results });
  const value = answer.line?.length ?? Buffer.byteLength(answer.message);
  const form = answer.message.startsWith('{') ? 'plain' : 'compressed';
  const where = answer.line === undefined ? form : 'in the log';
  return {
    what: `${peers} peers, ${families === 1 ? 'IPv4' : 'dual stack'}, ${health}`,
    value,
    unit: 'bytes',
    note: where,
    // What is half broken may go to the log; what is healthy must never cost a request more.
    ...(health === 'healthy' && { atMost: longestMessage }),
  };
}

function questionSize(peers: number, families: 1 | 2): Figure {
  const { asking } = planOf(peers, families);
  if ('problem' in asking.question) throw new Error(asking.question.problem);
  const what = `The question, ${peers} peers, dual stack, 200 probers`;
  return { what, value: asking.question.text.length, unit: 'bytes', atMost: 96 * 1024 };
}

function planOf(peersPerNode: number, families: 1 | 2) {
  const world = worldOf({ nodes: 1000, perRun: 200, peersPerNode, families });
  const run = runOf(world.audit);
  const input = { audit: world.audit, run, world, number: 3, dueTime: began.toISOString() };
  const plan = makePlan(input, began, defaultSettings, registry);
  const [asking] = askingsOf(run, plan, defaultSettings, registry);
  if (asking === undefined) throw new Error('Nothing is asked');
  return { plan, run, asking };
}
