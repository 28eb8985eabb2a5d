/** `npm run sandbox -- up`: a cluster in the foreground, until it is interrupted. */
import { parseArgs } from 'node:util';
import type { Families } from './node/addresses.ts';
import type { ProxyMode } from './proxy/config.ts';
import { obstacle } from './requirements.ts';
import { startSandbox } from './sandbox.ts';

const USAGE = 'usage: npm run sandbox -- up [--nodes 3] [--dual-stack | --ipv6] [--nftables] [--verbose]';
/** Node numbers are a byte of the Pods' addresses; a machine gives up long before. */
const MOST_NODES = 200;

interface Flags {
  nodes: number;
  families: Families;
  proxyMode: ProxyMode;
  verbose: boolean;
}

/** flagsOf reads the command line; it throws with the usage for what it does not know. */
function flagsOf(args: string[]): Flags {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      nodes: { type: 'string', default: '3' },
      'dual-stack': { type: 'boolean', default: false },
      ipv6: { type: 'boolean', default: false },
      nftables: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const nodes = Number(values.nodes);
  if (positionals.length !== 1 || positionals[0] !== 'up') throw new Error(USAGE);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES)
    throw new Error(`--nodes must be 1 to ${MOST_NODES}`);
  const families: Families = values['dual-stack'] ? ['IPv4', 'IPv6'] : values.ipv6 ? ['IPv6'] : ['IPv4'];
  const proxyMode = values.nftables ? 'nftables' : 'iptables';
  return { nodes, families, proxyMode, verbose: values.verbose };
}

async function up({ nodes, families, proxyMode, verbose }: Flags): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
  const log = (message: string, fields: Record<string, unknown>) => {
    if (verbose) process.stderr.write(`${JSON.stringify({ message, ...fields })}\n`);
  };
  const sandbox = await startSandbox({ nodes, families, proxyMode, log });
  const [first = 'n1'] = sandbox.nodes.keys();
  process.stdout.write(
    [
      `A cluster of ${nodes} node${nodes === 1 ? '' : 's'} is up: ${[...sandbox.nodes.keys()].join(', ')}.`,
      `  export KUBECONFIG=${sandbox.kubeconfigPath}`,
      '  kubectl get nodes',
      `  ip netns exec ${sandbox.network.nodes.get(first)} ip route      # on node ${first}`,
      'It is taken away again by Ctrl-C.',
      '',
    ].join('\n'),
  );
  await interrupted;
  await sandbox.stop();
}

try {
  const flags = flagsOf(process.argv.slice(2));
  const why = await obstacle();
  if (why !== undefined) throw new Error(why);
  await up(flags);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
