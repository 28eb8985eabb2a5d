/** A network namespace that stands for a node: rules are loaded into it by the real tools, and the real probe runs in it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAnswer } from '../../../src/checks/answer.ts';
import { encodeQuestion, questionHash } from '../../../src/checks/question.ts';
import { type ReadEvidence, readEvidence } from '../../../src/checks/service-rules/evidence-reader.ts';

const root = join(import.meta.dirname, '../../..');
const uid = 'uid-of-the-run';

/** address is the node's own. */
export const address = '10.99.0.11';

/** NodeNamespace is one such node. */
export class NodeNamespace implements AsyncDisposable {
  readonly #name = `naudit-rules-${process.pid.toString(36)}${Math.floor(performance.now()).toString(36)}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'naudit-rules-'));

  /** up makes it. Its one interface is down, so that no rule counts anything. */
  static async up(): Promise<NodeNamespace> {
    const node = new NodeNamespace();
    await run(['ip', 'netns', 'add', node.#name]);
    await node.run(['ip', 'addr', 'add', `${address}/24`, 'dev', 'lo']);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(['ip', 'netns', 'del', this.#name]);
    rmSync(this.#folder, { recursive: true });
  }

  /** run runs a command in it and gives what it printed. */
  run(argv: readonly string[], input = ''): Promise<string> {
    return run(['ip', 'netns', 'exec', this.#name, ...argv], input);
  }

  /** rules is everything that any tool shows of its rules, without the date. */
  async rules(): Promise<Readonly<Record<string, string>>> {
    const commands = [
      ...[
        'iptables-nft-save -c',
        'ip6tables-nft-save -c',
        'iptables-legacy-save -c',
        'ip6tables-legacy-save -c',
      ],
      ...['nft -a list ruleset', 'cat /proc/net/ip_tables_names', 'cat /proc/net/ip6_tables_names'],
      ...['ip addr', 'ip route', 'ip rule'],
    ];
    const shown: Record<string, string> = {};
    for (const command of commands)
      shown[command] = (await this.run(command.split(' '))).replaceAll(
        /^(# (Generated|Completed).*) on .*$/gm,
        '$1',
      );
    return shown;
  }

  /** probe runs the probe with these capabilities and no others, as root, and reads its answer as the judge does. */
  async probe(...capabilities: readonly string[]): Promise<ReadEvidence> {
    const log = join(this.#folder, 'termination-log');
    const encoded = encodeQuestion({
      version: 1,
      run: { name: 'run', uid },
      node: 'n1',
      place: 'node',
      deadlineTime: new Date(Date.now() + 120_000).toISOString(),
      tasks: [{ check: 'rules', type: 'ServiceRules', task: { version: 1 } }],
    });
    if (!encoded.ok) throw new Error(encoded.problem);
    const question = encoded.text;
    const bounds = ['-all', ...capabilities.map((each) => `+${each}`)].join(',');
    const env = {
      NETAUDIT_QUESTION: question,
      NETAUDIT_TERMINATION_LOG: log,
      NODE_NAME: 'n1',
      POD_IPS: address,
    };
    const setpriv = ['setpriv', '--no-new-privs', '--inh-caps', '-all', '--bounding-set', bounds];
    await this.run([
      ...['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      ...[...setpriv, process.execPath, join(root, 'src/probe.ts')],
    ]);
    const read = readAnswer(readFileSync(log, 'utf8'), { run: uid, question: questionHash(question) });
    if (read.kind !== 'Answer') throw new Error(`the probe's answer is ${JSON.stringify(read)}`);
    return readEvidence(read.answer.results[0]?.evidence);
  }
}

async function run(argv: readonly string[], input = ''): Promise<string> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Error(`${argv.join(' ').slice(0, 200)} ended with ${code}: ${texts.stderr.trim()}`);
  return texts.stdout;
}
