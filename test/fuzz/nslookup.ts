/**
 * Fuzzes the parser of nslookup: transcripts that are mutated, texts made of nslookup's own lines, and bytes of chance.
 * What must hold of every text is `faultOf`; it looks at the text by other means than the parser does.
 */
import { type Lookup, maxRecords, parseNslookup } from '../../src/checks/dns/nslookup.ts';
import { files, type Transcript, transcriptsOf } from '../checks/dns/transcripts.ts';
import { type Below, bytes, chance, mutate, pick, some, type Tally } from './chance.ts';

/** fuzzNslookup runs inputs that follow from a seed. */
export function fuzzNslookup(inputs: number, seed: number): Tally {
  const below = chance(seed);
  const transcripts = files.flatMap(transcriptsOf);
  const lines = [...new Set(transcripts.flatMap(({ text }) => text.split('\n')))];
  const kinds: Record<string, number> = {};
  const outcomes: Record<string, number> = {};
  const faults: Tally['faults'][number][] = [];
  for (let count = 0; count < inputs; count++) {
    const { kind, text, exitCode } = inputOf(below, transcripts, lines);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    const fault = check(text, exitCode, below, outcomes);
    if (fault !== undefined && faults.length < 10) faults.push({ fault, text, with: `exit ${exitCode}` });
  }
  return { inputs, kinds, outcomes, faults };
}

/** check parses a text and some beginning of it, and says what does not hold. */
function check(text: string, exitCode: number | null, below: Below, outcomes: Record<string, number>) {
  try {
    const whole = parseNslookup(text, exitCode);
    outcomes[whole.outcome] = (outcomes[whole.outcome] ?? 0) + 1;
    const part = text.slice(0, below(text.length + 1));
    return faultOf(text, exitCode, whole) ?? faultOfPart(whole, parseNslookup(part, exitCode));
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

/** faultOf says what of a lookup cannot be true of the text that it was read from. */
export function faultOf(text: string, exitCode: number | null, lookup: Lookup): string | undefined {
  const { outcome, records, name = '', detail = '', silent, refused } = lookup;
  if (name.length > 1025 || detail.length > 120) return 'a name or a detail without bounds';
  if (silent.length > 64 || refused.length > 128) return 'servers without bounds';
  if (outcome !== 'Answer') return records.length === 0 ? undefined : `records of ${outcome}`;
  if (exitCode !== 0) return `an answer with exit code ${exitCode}`;
  if (records.length === 0 || records.length > maxRecords) return `an answer of ${records.length} records`;
  if (!text.endsWith('\n\n')) return 'an answer of a text that is cut';
  if (/^\*\*\*? .*can't find /im.test(text)) return 'an answer that could not be found';
  const rest = text.slice(text.lastIndexOf('\nServer:\t') + 1);
  if (/^;; .*no servers could be reached$/m.test(rest)) return 'an answer of no server';
  if (/^;; Got bad packet/m.test(text)) return 'an answer from a bad packet';
  const lower = text.toLowerCase();
  const invented = records.find(({ type, name: owner, value }) => {
    const shown = type === 'A' ? `address: ${value}\n` : type === 'AAAA' ? ':' : value.toLowerCase();
    return !lower.includes(shown) || !lower.includes(owner.slice(0, -1));
  });
  return invented && `a record that is not in the text: ${JSON.stringify(invented)}`;
}

/** faultOfPart says what is wrong when a beginning of a text is read as another answer than the whole is. */
export function faultOfPart(whole: Lookup, part: Lookup): string | undefined {
  if (whole.outcome !== 'Answer' || part.outcome !== 'Answer') return undefined;
  const same = JSON.stringify(whole.records) === JSON.stringify(part.records);
  return same ? undefined : `a beginning with other records: ${JSON.stringify(part.records)}`;
}

function inputOf(below: Below, transcripts: readonly Transcript[], lines: readonly string[]) {
  const exitCode = [0, 0, 0, 1, null][below(5)] ?? null;
  const die = below(20);
  if (die < 11) {
    const { text, exitCode: real } = pick(below, transcripts);
    const times = below(4);
    return {
      kind: 'mutations',
      text: mutate(below, text, lines, times),
      exitCode: times > 0 && die < 3 ? exitCode : real,
    };
  }
  if (die < 19) return { kind: 'grammar', text: sentence(below, lines), exitCode };
  const text = bytes(below);
  return { kind: 'bytes', text: below(2) === 0 ? `${text}\n\n` : text, exitCode };
}

/** sentence puts lines together as nslookup might: remarks, a header, what was found, more remarks, the end. */
function sentence(below: Below, lines: readonly string[]): string {
  const remarks = () =>
    some(below, 3, () =>
      pick(
        below,
        lines.filter((line) => line.startsWith(';; ')),
      ),
    );
  const header = below(4) === 0 ? [] : ['Server:\t\t192.0.2.53', `Address:\t192.0.2.53#${below(70_000)}`, ''];
  const name = () => ['a.example', 'B.Example', 'x', '.', ''][below(5)] ?? '';
  const found = () =>
    [
      [`Name:\t${name()}`, `Address: ${below(300)}.0.2.${below(300)}`],
      [`Name:\t${name()}`, `Address: 2001:db8::${below(70_000).toString(16)}`],
      [`${name()}\tservice = ${below(70_000)} 0 ${below(70_000)} ${name()}.`],
      [`${name()}\tcanonical name = ${name()}.`],
      [`${name()}\ttext = "${name()}"`],
      [pick(below, lines)],
    ][below(6)] ?? [];
  const authority =
    below(5) === 0 ? ['', 'Authoritative answers can be found from:', pick(below, lines)] : [];
  const size = below(100) === 0 ? 200 : 4;
  const all = [...remarks(), ...header, ...some(below, size, found).flat(), ...authority];
  if (below(3) === 0) all.push(...remarks());
  return `${all.join('\n')}\n${below(8) === 0 ? '' : '\n'}`;
}
