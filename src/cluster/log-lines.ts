/** Lines out of a log that may be large: read as a stream, so that only what is kept takes memory. */
import type { Readable } from 'node:stream';
import type { ReadLog } from '../plan/actions.ts';

/** LineBounds say how much is read, and how much of it is kept. */
export interface LineBounds {
  /** logBytes is how much of the log is read, from its beginning; a line that is cut there is none. */
  readonly logBytes: number;
  /** lineBytes is how long a line may be; longer ones are left out. */
  readonly lineBytes: number;
  /** keptBytes is how much may be kept: what comes after that does not fit is left out. */
  readonly keptBytes: number;
  /** spareBytes is how much of it may be lines that nobody asked for yet. */
  readonly spareBytes: number;
}

/** keptLines reads a log and gives the lines to keep of it, in their order. */
export async function keptLines(
  body: Readable,
  keep: ReadLog['keep'],
  bounds: LineBounds,
): Promise<readonly string[]> {
  const kept: string[] = [];
  const degreeOf = degrees(keep);
  const left = { Wanted: bounds.keptBytes, Spare: Math.min(bounds.spareBytes, bounds.keptBytes) };
  await eachLine(body, bounds, (line) => {
    const degree = degreeOf(line);
    if (degree === undefined || line.length > left[degree]) return;
    left.Wanted -= line.length;
    left.Spare = Math.min(left.Spare - (degree === 'Spare' ? line.length : 0), left.Wanted);
    kept.push(line);
  });
  return kept;
}

/**
 * What the judge wants can be other lines in a moment, for it compares with an API that goes on changing, and a log is
 * read once. So lines of the same marks (the first two words) are kept beside, as far as there is room to spare.
 */
function degrees(keep: ReadLog['keep']): (line: string) => 'Wanted' | 'Spare' | undefined {
  if ('length' in keep) return (line) => (line.length === keep.length ? 'Wanted' : undefined);
  const { beginnings } = keep;
  const marks = [...new Set(beginnings.map((beginning) => /^\S+ \S+ /.exec(beginning)?.[0] ?? beginning))];
  return (line) => {
    if (beginnings.some((beginning) => line.startsWith(beginning))) return 'Wanted';
    return marks.some((mark) => line.startsWith(mark)) ? 'Spare' : undefined;
  };
}

const lineFeed = 10;

async function eachLine(
  body: Readable,
  { logBytes, lineBytes }: LineBounds,
  take: (line: string) => void,
): Promise<void> {
  let pieces: Buffer[] = [];
  let [length, read] = [0, 0];
  const add = (piece: Buffer) => {
    length += piece.length;
    if (length <= lineBytes) pieces.push(piece);
    else pieces = [];
  };
  const end = () => {
    if (length > 0 && length <= lineBytes) take(Buffer.concat(pieces).toString('utf8'));
    pieces = [];
    length = 0;
  };
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    let rest = chunk.subarray(0, logBytes - read);
    read += rest.length;
    for (let at = rest.indexOf(lineFeed); at >= 0; at = rest.indexOf(lineFeed)) {
      add(rest.subarray(0, at));
      end();
      rest = rest.subarray(at + 1);
    }
    add(rest);
    if (read >= logBytes) return;
  }
  end();
}
