/** What a bench measured, as figures that can be put beside their bounds and into the README. */

/** Figure is one line of the report. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** atMost is the bound that the product holds itself to. */
  readonly atMost?: number;
  /** note says under which conditions, where the line does not. */
  readonly note?: string;
}

/** Section is the figures of one bench. */
export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** renderSections prints all figures as Markdown, with a word wherever a bound is kept or broken. */
export function renderSections(sections: readonly Section[], machine: string): string {
  const tables = sections.map(({ title, figures }) =>
    [`### ${title}`, '', '| what | measured | bound |', '| --- | --- | --- |', ...figures.map(row)].join(
      '\n',
    ),
  );
  return [`Measured on ${machine}.`, ...tables].join('\n\n');
}

/** broken lists the figures beyond their bound. */
export function broken(sections: readonly Section[]): readonly Figure[] {
  return sections
    .flatMap(({ figures }) => figures)
    .filter(({ value, atMost }) => atMost !== undefined && value > atMost);
}

/** medianMilliseconds runs something a few times, once before for warmth, and returns the median of how long it took. */
export function medianMilliseconds(times: number, run: () => unknown): number {
  run();
  const taken = Array.from({ length: times }, () => {
    const began = performance.now();
    run();
    return performance.now() - began;
  });
  return median(taken);
}

/** median is the middle value, of two middle values the higher one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function row({ what, value, unit, atMost, note }: Figure): string {
  const verdict =
    atMost === undefined ? '' : `≤ ${atMost} ${unit}: ${value <= atMost ? 'kept' : '**broken**'}`;
  return `| ${what}${note === undefined ? '' : ` (${note})`} | ${rounded(value)} ${unit} | ${verdict} |`;
}

/** Three digits are as many as a measurement here deserves. */
function rounded(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
}
