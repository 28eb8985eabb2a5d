/** The node × node matrix of a run as a table for a terminal: rows ask, columns answer. */
import type { Matrix } from '../../src/api/v1alpha1/index.ts';

/** Paint colours a text; `plain` leaves it as it is, for pipes and tests. */
export type Paint = (colour: 'green' | 'red' | 'yellow' | 'grey' | 'bold', text: string) => string;

const CODES = { green: 32, red: 31, yellow: 33, grey: 90, bold: 1 } as const;

/** ansi paints with the terminal's own sixteen colours. */
export const ansi: Paint = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

/** plain paints nothing. */
export const plain: Paint = (_colour, text) => text;

const CELLS: Readonly<Record<string, { colour: Parameters<Paint>[0]; word: string }>> = {
  '.': { colour: 'green', word: 'ok' },
  x: { colour: 'red', word: 'FAILED' },
  '?': { colour: 'yellow', word: 'unknown' },
  '-': { colour: 'grey', word: 'skipped' },
  ' ': { colour: 'grey', word: '' },
};

/** renderMatrix draws one line for each node that asked, with what came of each node that it asked. */
export function renderMatrix(matrix: Matrix, paint: Paint): string {
  const head = ['from \\ to', ...matrix.targets];
  const body = matrix.rows.map((row) => [
    row.node,
    ...matrix.targets.map((_, index) => cell(row.reach[index] ?? ' ', row.roundTripMicroseconds[index] ?? 0)),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[], colours: readonly (Parameters<Paint>[0] | undefined)[]) =>
    cells
      .map((text, column) => {
        const padded = text.padEnd(widths[column] ?? 0);
        const colour = colours[column];
        return colour ? paint(colour, padded) : padded;
      })
      .join('  ')
      .trimEnd();
  return [
    line(
      head,
      head.map(() => 'bold'),
    ),
    ...matrix.rows.map((row, index) =>
      line(body[index] ?? [], [
        'bold',
        ...matrix.targets.map((_, column) => CELLS[row.reach[column] ?? ' ']?.colour),
      ]),
    ),
  ].join('\n');
}

function cell(reach: string, microseconds: number): string {
  const word = CELLS[reach]?.word ?? reach;
  return reach === '.' && microseconds > 0 ? `${word} ${(microseconds / 1000).toFixed(1)} ms` : word;
}
