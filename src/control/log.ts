/** What the operator's parts log with: a sentence for people, and fields for machines. */

/** Fields are a log line's data. */
export type Fields = Readonly<Record<string, unknown>>;

/** Log writes lines; messages begin with a capital letter and have no full stop. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** errorText is what a log line says of an error: its message, and the cause behind it. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}
