/** The log as JSON lines on standard output. */
import { createLogger, format, transports } from 'winston';
import type { Fields, Log } from './log.ts';

/** createLog makes a log that leaves out lines below `level`. */
export function createLog(level: string): Log {
  const logger = createLogger({
    level,
    format: format.combine(format.timestamp(), format.json()),
    transports: [new transports.Console()],
  });
  const at =
    (of: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Fields = {}) => {
      logger.log(of, message, fields);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
