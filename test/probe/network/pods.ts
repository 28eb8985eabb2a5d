/**
 * Two nodes with two Pods each, as network namespaces: a bridge on every node, a link between the nodes, IPv4 and
 * IPv6. On it run the real responder and the real probe, and the judge says what became of every pair.
 *
 *   p1 ─┐                     ┌─ p2      probes        10.244.1.5, 10.244.2.5
 *       ├─ n1 ───── link ── n2 ┤
 *   r1 ─┘   10.0.0.1  10.0.0.2 └─ r2     responders    10.244.1.7, 10.244.2.7
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan, PodToPodSpec } from '../../../src/api/v1alpha1/index.ts';
import { readAnswer } from '../../../src/checks/answer.ts';
import type { ApiView, Report } from '../../../src/checks/check.ts';
import { emptyClusterView } from '../../../src/checks/cluster-view.ts';
import { podToPod } from '../../../src/checks/pod-to-pod/index.ts';
import { encodeQuestion, questionHash } from '../../../src/checks/question.ts';
import type { Verdict } from '../../../src/checks/verdict.ts';

const root = join(import.meta.dirname, '../../..');
const nodes = ['n1', 'n2'] as const;
const names = ['n1', 'n2', 'p1', 'r1', 'p2', 'r2'];

/** addressesOf are the addresses of a Pod: p1, r2 … */
export function addressesOf(pod: string): readonly [string, string] {
  const host = pod.startsWith('p') ? 5 : 7;
  return [`10.244.${pod.at(-1)}.${host}`, `fd00:244:${pod.at(-1)}::${host}`];
}

/** Case is what differs from one look at the network to the next. */
export interface Case {
  readonly options?: PodToPodSpec;
  readonly api?: Partial<ApiView>;
  /** podAddresses replaces what the API says of a probe's Pod, by node. */
  readonly podAddresses?: Readonly<Record<string, readonly string[]>>;
}

/** Pods is the small network. */
export class Pods {
  readonly #prefix = `natp-${process.pid.toString(36)}${Math.floor(performance.now()).toString(36)}-`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'natp-'));
  readonly #responders = new Map<string, ChildProcess>();

  /** up makes namespaces and links, and starts both responders. */
  async up(): Promise<void> {
    for (const name of ['n1', 'n2', 'p1', 'p2', 'r1', 'r2'])
      await run(['ip', 'netns', 'add', this.name(name)]);
    await run(
      ['ip', '-batch', '-'],
      `link add mid netns ${this.name('n1')} type veth peer name mid netns ${this.name('n2')}\n`,
    );
    for (const node of nodes) await this.#node(node);
    for (const pod of ['p1', 'r1', 'p2', 'r2']) await this.#pod(pod);
    await Promise.all([this.respond('r1'), this.respond('r2')]);
    // The first neighbour solicitation on a link that has just come up may be lost, and is repeated after a second.
    for (let looks = 0; looks < 5 && Object.keys(remarkable(await this.judge())).length > 0; looks += 1);
  }

  /** down removes everything again. */
  async down(): Promise<void> {
    for (const pod of [...this.#responders.keys()]) await this.silence(pod);
    const listed = (await run(['ip', 'netns', 'list'])).split('\n').map((line) => line.split(' ')[0] ?? '');
    for (const name of listed.filter((each) => each.startsWith(this.#prefix)))
      await run(['ip', 'netns', 'del', name]);
    rmSync(this.#folder, { recursive: true });
  }

  /** name is the name of a namespace. */
  name(short: string): string {
    return `${this.#prefix}${short}`;
  }

  /** within runs a command in a namespace. */
  async within(short: string, command: readonly string[], input = ''): Promise<string> {
    return await run(['ip', 'netns', 'exec', this.name(short), ...command], input);
  }

  /** rules loads nft rules on a node, on top of what is there. */
  async rules(node: string, ruleset: string): Promise<void> {
    await this.within(node, ['nft', '-f', '-'], ruleset);
  }

  /** mend removes all rules from both nodes, and what was learned of paths and connections. */
  async mend(): Promise<void> {
    for (const node of nodes) {
      await this.within(node, ['nft', 'flush', 'ruleset']);
      // A connection that an earlier case tracked would make a new one from the same port look established.
      await this.within(node, ['conntrack', '--flush']);
    }
    await this.forgetPaths();
  }

  /** forgetPaths removes what was learned of the paths' MTU. */
  async forgetPaths(): Promise<void> {
    for (const name of names) {
      for (const family of ['-4', '-6'])
        await run(['ip', '-n', this.name(name), family, 'route', 'flush', 'cache']);
    }
  }

  /** respond starts a responder in a Pod's namespace, as that Pod or as another, and ends when it is ready. */
  async respond(
    pod: string,
    uid = `uid-${pod}`,
    addresses: readonly string[] = addressesOf(pod),
  ): Promise<void> {
    const env = {
      POD_IPS: addresses.join(','),
      POD_UID: uid,
      POD_NAME: `netaudit-responder-${pod}`,
      NODE_NAME: `n${pod.at(-1)}`,
    };
    const child = this.#start(pod, ['src/responder.ts'], env);
    this.#responders.set(pod, child);
    let bound = 0;
    child.stderr?.setEncoding('utf8');
    for await (const text of child.stderr ?? []) {
      bound += String(text).split('"Answering"').length - 1;
      if (bound >= 2 * addresses.length) break;
    }
  }

  /** silence stops a responder. */
  async silence(pod: string): Promise<void> {
    const child = this.#responders.get(pod);
    this.#responders.delete(pod);
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  /** judge runs a probe on both nodes at once, and judges what they report. */
  async judge(at: Case = {}): Promise<readonly Verdict[]> {
    const plan = planOf();
    const podToPodOptions = { timeoutMilliseconds: 600, ...at.options };
    const spec = { name: 'pods', type: 'PodToPod' as const, podToPod: podToPodOptions };
    const check = podToPod.withDefaults(spec, emptyClusterView);
    const reports = new Map<string, Report>();
    await Promise.all(
      nodes.map(async (node) => {
        const task = podToPod.task(plan, check, node) ?? {};
        // Both probes start at once: nobody needs to be waited for longer than a slow machine takes to start one.
        const tasks = [
          { check: 'pods', type: 'PodToPod' as const, task: { ...task, heardWaitMilliseconds: 2500 } },
        ];
        const { deadlineTime } = plan;
        const run = { name: 'run', uid: 'run-uid' };
        const encoded = encodeQuestion({ version: 1, run, node, place: 'pod', deadlineTime, tasks });
        if (!encoded.ok) throw new Error(encoded.problem);
        reports.set(node, await this.#probe(node, encoded.text, at.podAddresses?.[node]));
      }),
    );
    const quiet: ApiView = {
      gone: new Map(),
      settling: new Map(),
      targets: new Map(),
      policies: [],
      cluster: emptyClusterView,
      settledTime: new Date(0),
      judgedTime: new Date(),
      probeDNS: new Map(),
    };
    const api: ApiView = { ...quiet, ...at.api };
    return podToPod.judge({ plan, check, reports, api });
  }

  async #probe(node: string, question: string, addresses?: readonly string[]): Promise<Report> {
    const pod = `p${node.at(-1)}`;
    const podAddresses = addresses ?? addressesOf(pod);
    const log = join(this.#folder, `termination-log-${node}`);
    writeFileSync(log, '');
    const child = this.#start(pod, ['src/probe.ts'], {
      NETAUDIT_QUESTION: question,
      NETAUDIT_TERMINATION_LOG: log,
      POD_IPS: podAddresses.join(','),
      NODE_NAME: node,
    });
    child.stderr?.pipe(process.stderr);
    await once(child, 'exit');
    const read = readAnswer(readFileSync(log, 'utf8'), { run: 'run-uid', question: questionHash(question) });
    if (read.kind !== 'Answer') throw new Error(JSON.stringify(read));
    const { complete, results } = read.answer;
    return { kind: 'Answered', evidence: results[0]?.evidence, podAddresses, complete };
  }

  async #node(node: string): Promise<void> {
    const own = node.at(-1);
    const other = own === '1' ? '2' : '1';
    await run(
      ['ip', '-n', this.name(node), '-batch', '-'],
      `link set lo up
       link add cni0 type bridge
       addr add 10.244.${own}.1/24 dev cni0
       addr add fd00:244:${own}::1/64 dev cni0 nodad
       link set cni0 up
       addr add 10.0.0.${own}/24 dev mid
       addr add fd00::${own}/64 dev mid nodad
       link set mid up
       route add 10.244.${other}.0/24 via 10.0.0.${other}
       route add fd00:244:${other}::/64 via fd00::${other}\n`,
    );
    const on = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];
    // A node says a thing once a second to each Pod; here the one that asks shall always be told.
    await this.within(node, [
      'sysctl',
      '-qw',
      ...on,
      'net.ipv4.icmp_ratelimit=0',
      'net.ipv6.icmp.ratelimit=0',
    ]);
    // What Pods of one node say to each other must not meet the rules for what is forwarded (-e: no such module).
    const off = ['iptables', 'ip6tables'].map((name) => `net.bridge.bridge-nf-call-${name}=0`);
    await this.within(node, ['sysctl', '-eqw', ...off]);
  }

  async #pod(pod: string): Promise<void> {
    const node = this.name(`n${pod.at(-1)}`);
    const [four, six] = addressesOf(pod);
    await run([
      'ip',
      '-n',
      node,
      'link',
      'add',
      pod,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      this.name(pod),
    ]);
    await run(['ip', '-n', node, 'link', 'set', pod, 'master', 'cni0', 'up']);
    await run(
      ['ip', '-n', this.name(pod), '-batch', '-'],
      `link set lo up
       addr add ${four}/24 dev eth0
       addr add ${six}/64 dev eth0 nodad
       link set eth0 up
       route add default via 10.244.${pod.at(-1)}.1
       route add default via fd00:244:${pod.at(-1)}::1\n`,
    );
  }

  #start(pod: string, script: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const command = ['netns', 'exec', this.name(pod), process.execPath, '--no-warnings', ...script];
    return spawn('ip', command, {
      cwd: root,
      env: { ...env, PATH: process.env.PATH },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
  }
}

/** planOf is a run in which both nodes ask both responders. */
export function planOf(): Plan {
  const now = Date.now();
  return {
    auditGeneration: 1,
    number: 0,
    seed: Math.floor(now).toString(16).padStart(16, '0'),
    dueTime: new Date(now).toISOString(),
    deadlineTime: new Date(now + 120_000).toISOString(),
    maxUnknownPercent: 10,
    checks: [],
    nodes: nodes.map((name) => ({ name, uid: `uid-${name}`, places: ['pod'] })),
    targets: nodes.map((node) => {
      const pod = `r${node.at(-1)}`;
      return { node, pod: `netaudit-responder-${pod}`, uid: `uid-${pod}`, addresses: [...addressesOf(pod)] };
    }),
    retries: [],
    skipped: [],
    eligible: 2,
  };
}

/** remarkable lists what is not as expected, by subject: everything else has passed, without a warning. */
export function remarkable(verdicts: readonly Verdict[]): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  for (const { subject, outcome, reason, warning } of verdicts) {
    if (outcome !== 'Passed') found.set(subject, `${outcome} ${reason}`);
    else if (warning !== undefined) found.set(subject, `Warning ${warning.reason}`);
  }
  return Object.fromEntries(found);
}

/** each gives one remark to all of the subjects. */
export function each(remark: string, ...subjects: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(subjects.map((subject) => [subject, remark]));
}

function run(command: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args);
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command.join(' ')}: code ${code} ${err}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
