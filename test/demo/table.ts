/** What a run found, for a terminal: the node × node matrix (rows ask, columns answer), findings and suspects. */
import type { Finding, Matrix, Suspect } from '../../src/api/v1alpha1/index.ts';
import type { Colour, Paint } from './paint.ts';

const CELLS: Readonly<Record<string, { colour: Colour; word: string }>> = {
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
  const line = (cells: readonly string[], colours: readonly (Colour | undefined)[]) =>
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

/** renderFindings is a line for each finding, worst first as the run has them, and one for each suspect. */
export function renderFindings(
  findings: readonly Finding[],
  suspects: readonly Suspect[],
  paint: Paint,
): string {
  const lines = findings.map(({ severity, reason, subject, node, message }) => {
    const colour = severity === 'Failed' ? 'red' : 'yellow';
    return `${paint(colour, reason)}  ${subject ?? node}: ${message}`;
  });
  const named = suspects.map(({ kind, name, why }) => `${paint('bold', `Suspect: ${kind} ${name}`)}  ${why}`);
  return [...lines, ...named].join('\n');
}
