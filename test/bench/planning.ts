/** How long the pure parts take on a large cluster: planning a run, its Jobs, and judging all its evidence. */
import type { Plan, PlannedCheck } from '../../src/api/v1alpha1/index.ts';
import { encodeAnswer } from '../../src/checks/answer.ts';
import { registry } from '../../src/checks/registry.ts';
import { probeJob } from '../../src/plan/job.ts';
import { verdictsOf } from '../../src/plan/judge.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { type Asking, askingsOf } from '../../src/plan/questions.ts';
import { reportsOf } from '../../src/plan/reports.ts';
import { resultsOf } from '../../src/plan/results.ts';
import { defaultSettings } from '../../src/plan/settings.ts';
import type { JobView, ProbePodView, World } from '../../src/plan/world.ts';
import { evidenceOf, type Health } from './answers.ts';
import { medianMilliseconds, type Section } from './figures.ts';
import { began, runOf, uid, worldOf } from './large-cluster.ts';

const shape = { nodes: 5000, perRun: 200, peersPerNode: 50, families: 1 } as const;
const after = new Date(began.getTime() + 120_000);

/** measurePlanning plans and judges a run of 200 probes with 50 peers each, of a cluster of 5,000 nodes. */
export function measurePlanning(): Section {
  const world = worldOf(shape);
  const run = runOf(world.audit);
  const input = { audit: world.audit, run, world, number: 17, dueTime: began.toISOString() };
  const planned = () => makePlan(input, began, defaultSettings, registry);
  const plan = planned();
  const askings = () => askingsOf(run, plan, defaultSettings, registry);
  const jobs = () => askings().map((asking) => manifest(asking, plan));
  const manifest = ({ node, place, question }: Asking, { deadlineTime }: Plan) => {
    if ('problem' in question) throw new Error(question.problem);
    return probeJob({ run, node, place, question: question.text, deadlineTime }, began, defaultSettings);
  };
  const judging = (health: Health) => {
    const answered = withAnswers(world, run.metadata.uid, plan, askings(), health);
    return () => judged(answered, { ...run, status: { observedGeneration: 1, conditions: [], plan } }, plan);
  };
  const questions = judging('healthy')().length;
  const bytes = Buffer.byteLength(JSON.stringify(plan));
  return {
    title: '5,000 nodes known, 200 probe, 50 peers each, TCP and UDP',
    figures: [
      { what: 'Planning the run', value: medianMilliseconds(9, planned), unit: 'ms', atMost: 500 },
      { what: 'Making the 200 Jobs with their questions', value: medianMilliseconds(5, jobs), unit: 'ms' },
      { what: 'Verdicts', value: questions, unit: 'questions' },
      {
        what: 'Judging all evidence, from termination messages to the run’s status',
        value: medianMilliseconds(5, judging('healthy')),
        unit: 'ms',
        atMost: 500,
        note: 'healthy',
      },
      {
        what: 'The same',
        value: medianMilliseconds(5, judging('half broken')),
        unit: 'ms',
        atMost: 500,
        note: 'half of all pairs translated',
      },
      { what: 'The plan', value: bytes / 1024, unit: 'KiB' },
      {
        what: 'The run with results',
        value: statusKiB(judging('healthy')),
        unit: 'KiB',
        atMost: 512,
        note: 'healthy',
      },
      {
        what: 'The same',
        value: statusKiB(judging('half broken')),
        unit: 'KiB',
        atMost: 512,
        note: 'half of all pairs translated',
      },
    ],
  };

  function judged(answered: World, planned: typeof run, plan: Plan) {
    const reports = reportsOf(planned, plan, askings(), answered);
    const verdicts = verdictsOf({
      run: planned,
      plan,
      reports,
      world: answered,
      kinds: registry,
      settings: defaultSettings,
      now: after,
    });
    const nodeNames = new Set(answered.nodes.map(({ name }) => name));
    const status = resultsOf(
      { run: planned, plan, verdicts, reports, nodeNames, late: false },
      after,
      registry,
    );
    return { length: verdicts.length, status };
  }
}

function statusKiB(judge: () => { readonly status: unknown }): number {
  return Buffer.byteLength(JSON.stringify(judge().status)) / 1024;
}

/** withAnswers adds what the API server would show when every probe has ended: Jobs, Pods and their messages. */
function withAnswers(
  world: World,
  runUid: string,
  plan: Plan,
  askings: readonly Asking[],
  health: Health,
): World {
  const [check] = plan.checks;
  if (check === undefined) throw new Error('The plan has no check');
  const jobs = askings.map(({ node, place }, index): JobView => {
    const creationTime = began.toISOString();
    const finished = { type: 'Complete', reason: 'CompletionsReached', message: '' } as const;
    const name = `job-${index}`;
    return {
      name,
      namespace: 'netaudit',
      uid: uid(200_000 + index),
      node,
      place,
      runUid,
      creationTime,
      finished,
    };
  });
  const probePods = askings.map((asking, index) => podView(asking, index, runUid, plan, check, health));
  return { ...world, jobs, probePods };
}

function podView(
  { node, question }: Asking,
  index: number,
  run: string,
  plan: Plan,
  check: PlannedCheck,
  health: Health,
): ProbePodView {
  if ('problem' in question) throw new Error(question.problem);
  const evidence = evidenceOf(plan, check, node, health);
  const results = [{ check: check.name, evidence }];
  const answer = encodeAnswer({ version: 1, run, question: question.hash, complete: true, results });
  return {
    name: `pod-${index}`,
    namespace: 'netaudit',
    uid: uid(300_000 + index),
    jobUid: uid(200_000 + index),
    node,
    phase: 'Succeeded',
    addresses: evidence.local,
    deleting: false,
    foreignContainers: [],
    dns: { policy: 'ClusterFirst', configured: false },
    terminated: { exitCode: 0, reason: 'Completed', message: answer.message },
    ...(answer.line === undefined ? {} : { log: { text: `${answer.line}\n` } }),
  };
}
