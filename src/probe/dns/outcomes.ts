/** The few different outcomes that many questions have. */
import { maxRecordLength, maxRecords, maxTranscript, type SeenOutcome } from '../../checks/dns/evidence.ts';
import { parseNslookup } from '../../checks/dns/nslookup.ts';
import type { TaskLookup } from '../../checks/dns/task.ts';
import type { Ran } from './nslookup.ts';

/** Outcomes gives each outcome a number, and equal ones the same. */
export class Outcomes {
  readonly #numbers = new Map<string, number>();
  readonly #all: SeenOutcome[] = [];

  /**
   * number is that of an outcome. Of answers the first text stands for all. What failed keeps its own: people are shown
   * it beside the question, and it names the server.
   */
  number(outcome: SeenOutcome): number {
    const { kind, name, records, aliases, silent, text } = outcome;
    const told = kind === 'Answer' ? '' : text;
    const key = JSON.stringify([kind, name, records, aliases, silent, told]);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#all.length);
    return this.#all.push(outcome) - 1;
  }

  all(): readonly SeenOutcome[] {
    return [...this.#all];
  }
}

/** outcomeOf reads what a run of nslookup came to. */
export function outcomeOf([, type]: TaskLookup, { text, exitCode, cut }: Ran): SeenOutcome {
  const { outcome, name, records, silent } = parseNslookup(text, exitCode);
  const values = (kind: string) => records.filter((each) => each.type === kind).map(({ value }) => value);
  const own = [...new Set(values(type))].sort();
  const aliases = type === 'CNAME' ? [] : values('CNAME');
  return {
    kind: outcome,
    ...(name === undefined ? {} : { name }),
    records: own.slice(0, maxRecords).map((each) => each.slice(0, maxRecordLength)),
    ...(aliases.length === 0 ? {} : { aliases: aliases.slice(0, maxRecords) }),
    ...(silent.length === 0 ? {} : { silent: silent.slice(0, 16) }),
    text: printable(`${whys[cut ?? 'none']}${text}`),
  };
}

const whys = {
  none: '',
  deadline: ';; nslookup did not end in time\n',
  output: ';; nslookup printed too much\n',
  aborted: '',
} as const;

/** printable keeps line feeds and tabs, and bounds the text. */
function printable(text: string): string {
  return text.slice(0, maxTranscript).replaceAll(/[^\n\t -~]/g, '?');
}
