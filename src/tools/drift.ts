/** What is generated against what is on disk. */
import type { Generator } from './generators.ts';

/** Drift is one file that is not what its generator renders; `text` is what it must be. */
export interface Drift {
  readonly path: string;
  readonly text: string;
  /** first is the first line that differs; a missing file differs in line 1. */
  readonly first: {
    readonly line: number;
    readonly have: string | undefined;
    readonly want: string | undefined;
  };
}

/** driftOf compares every generator with the text that `read` finds, where `undefined` means that there is no file. */
export function driftOf(
  generators: readonly Generator[],
  read: (path: string) => string | undefined,
): readonly Drift[] {
  return generators.flatMap(({ path, render }) => {
    const text = render();
    const found = read(path);
    return found === text ? [] : [{ path, text, first: firstDifference(found, text) }];
  });
}

function firstDifference(found: string | undefined, text: string): Drift['first'] {
  const have = found?.split('\n') ?? [];
  const want = text.split('\n');
  const lines = Math.max(have.length, want.length);
  const index = Array.from({ length: lines }, (_, line) => line).findIndex(
    (line) => have[line] !== want[line],
  );
  return { line: index + 1, have: have[index], want: want[index] };
}

/** describeDrift says, as a diff would, where a file first differs. */
export function describeDrift({ path, first }: Drift): string {
  return [
    `--- ${path}`,
    `+++ ${path} (generated)`,
    `@@ line ${first.line} @@`,
    ...(first.have === undefined ? [] : [`-${first.have}`]),
    ...(first.want === undefined ? [] : [`+${first.want}`]),
  ].join('\n');
}
