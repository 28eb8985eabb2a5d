/** Transcripts of nslookup: what was run, what it printed and how it ended, exactly as it was. */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../fixtures/nslookup/', import.meta.url);

/** Transcript is one run. */
export interface Transcript {
  readonly command: string;
  readonly text: string;
  readonly exitCode: number;
}

/** files are the names of the fixtures, without their ending. */
export const files: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => file.slice(0, -4))
  .sort();

/** transcriptsOf reads one fixture. */
export function transcriptsOf(file: string): readonly Transcript[] {
  const text = readFileSync(new URL(`${file}.txt`, folder), 'utf8');
  const runs = text.matchAll(/^\$ (.+)\n([\s\S]*?)^\[exit (\d+)\]$/gm);
  return [...runs].map(([, command = '', printed = '', code]) => ({
    command,
    text: printed,
    exitCode: Number(code),
  }));
}

/** expectedOf reads what the transcripts of a fixture say, one for each, checked by hand against its text. */
export function expectedOf(file: string): readonly unknown[] {
  return JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8'));
}
