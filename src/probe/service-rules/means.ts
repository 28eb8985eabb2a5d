/** What the probe of Service rules reads a node with: in tests, something else. */
import { readFile } from 'node:fs/promises';
import { type Ran, runTool } from './command.ts';
import { ask, type Said } from './loopback.ts';

/** Means are ways to read. None of them changes anything. */
export interface Means {
  /** run runs a tool with its arguments. */
  run(program: string, args: readonly string[]): Promise<Ran>;
  /** ask sends a GET to a port of the node's loopback. */
  ask(port: number, path: string): Promise<Said>;
  /** read reads a file of /proc; undefined where there is none. It fails where reading is refused. */
  read(path: string): Promise<string | undefined>;
  /** now is the node's clock. */
  now(): Date;
}

/** bounds: a large cluster's rules have 60 MB in one form and 200 in the other; metrics of kube-proxy some 100 kB. */
const bounds = {
  toolMilliseconds: 60_000,
  toolBytes: 256 << 20,
  askMilliseconds: 2000,
  askBytes: 8 << 20,
} as const;

/** meansOf are those of the node that this process is on. */
export function meansOf(signal: AbortSignal): Means {
  const asking = { timeoutMilliseconds: bounds.askMilliseconds, mostBytes: bounds.askBytes, signal };
  return {
    run: (program, args) =>
      runTool({
        program,
        args,
        deadlineMilliseconds: bounds.toolMilliseconds,
        mostBytes: bounds.toolBytes,
        signal,
      }),
    async ask(port, path) {
      const said = await ask({ ...asking, host: '127.0.0.1', port, path });
      if (said.ok) return said;
      // kube-proxy binds to ::1 where its bindAddress is of IPv6.
      const again = await ask({ ...asking, host: '::1', port, path });
      return again.ok ? again : said;
    },
    async read(path) {
      try {
        return await readFile(path, 'latin1');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    now: () => new Date(),
  };
}
