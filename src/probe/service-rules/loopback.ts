/** Asks kube-proxy's own ports, which are on the node's loopback: bounded in time and in what is read. */
import { get } from 'node:http';

/** Said is an answer, or why there is none, in few words. */
export type Said =
  | { readonly ok: true; readonly status: number; readonly body: string }
  | { readonly ok: false; readonly problem: string };

/** Asking says whom, and for how long. */
export interface Asking {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly timeoutMilliseconds: number;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EADDRNOTAVAIL: 'no such address',
  ENETUNREACH: 'no such address',
  EAFNOSUPPORT: 'no such address',
};

/** ask sends one GET. It never fails. Whatever is on that port, nothing of its answer gets into a problem. */
export function ask({ host, port, path, timeoutMilliseconds, mostBytes, signal }: Asking): Promise<Said> {
  return new Promise((resolve) => {
    const time = AbortSignal.timeout(timeoutMilliseconds);
    const failed = (problem: string) => resolve({ ok: false, problem });
    const request = get({ host, port, path, agent: false, signal: AbortSignal.any([time, signal]) });
    const broken = (error: Error) => failed(time.aborted ? 'timed out' : wordOf(error));
    request.once('error', broken);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length <= mostBytes) return;
        failed('answered too much');
        request.destroy();
      });
      response.once('error', broken);
      response.once('end', () =>
        resolve({ ok: true, status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
  });
}

function wordOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (Object.hasOwn(words, code)) return words[code] ?? code;
  return code.startsWith('HPE_') ? 'answered something else than HTTP' : code || 'no answer';
}
