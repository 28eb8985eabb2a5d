/** A log that keeps its lines. */
import type { Fields, Log } from '../../src/control/log.ts';

/** Line is one line of a kept log. */
export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Fields | undefined;
}

/** createKeptLog makes a log and the list that it writes to. */
export function createKeptLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: Line['level']) => (message: string, fields?: Fields) => {
    lines.push({ level, message, fields });
  };
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}
