/** A reader of Dockerfiles, as far as ours goes: stages, and what each instruction says. */

/** Instruction is one instruction with continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Stage is what stands between one FROM and the next. */
export interface Stage {
  readonly base: string;
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

/** parseDockerfile splits a Dockerfile into its stages; comments are left out, also inside a continued line. */
export function parseDockerfile(text: string): readonly Stage[] {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const joined = lines.join('\n').replaceAll(/\\\n\s*/g, '');
  const stages: { base: string; name?: string; instructions: Instruction[] }[] = [];
  for (const line of joined.split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const [, base, alias] = name === 'FROM' ? (/^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? []) : [];
    if (base !== undefined)
      stages.push({ base, ...(alias !== undefined && { name: alias }), instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** Copy is a COPY instruction. */
export interface Copy {
  /** from is the stage that is copied from; absent for the build's context. */
  readonly from?: string;
  readonly sources: readonly string[];
  readonly target: string;
}

/** copiesOf reads the COPY instructions of a stage. */
export function copiesOf(stage: Stage): readonly Copy[] {
  return textsOf(stage, 'COPY').map((text) => {
    const words = text.split(/\s+/);
    const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
    const paths = words.filter((word) => !word.startsWith('--'));
    return { ...(from !== undefined && { from }), sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
  });
}

/** packagesOf lists what apt-get installs in a stage, sorted. */
export function packagesOf(stage: Stage): readonly string[] {
  const commands = textsOf(stage, 'RUN').flatMap((text) => text.split('&&').map((command) => command.trim()));
  return commands
    .filter((command) => /^apt-get .*\binstall\b/.test(command))
    .flatMap((command) => command.replace(/^.*\binstall\b/, '').split(/\s+/))
    .filter((word) => word !== '' && !word.startsWith('-'))
    .sort();
}

/** textsOf are the texts of all instructions of one name. */
export function textsOf(stage: Stage, name: string): readonly string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}
