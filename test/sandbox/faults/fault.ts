/** Faults as data: commands in places by name, so that the same ones break a sandbox and a real cluster. */
import type { Output } from '../node/command.ts';

/** Place is where a step runs: on a node, or in the namespace between the nodes. */
export type Place = { node: string } | { fabric: true };

/** Step is one command. */
export interface Step {
  place: Place;
  argv: string[];
  input?: string;
}

/** Fault is something that is broken, and how it is mended again. */
export interface Fault {
  name: string;
  apply: Step[];
  undo: Step[];
}

/** Execute runs a step's command in its place; a cluster whose nodes are namespaces needs no more than this. */
export type Execute = (step: Step) => Promise<Output>;

/** Target is a node as network faults know it. */
export interface Target {
  name: string;
  addresses: string[];
  podCIDRs: string[];
}

/** joined is several faults that are injected and mended as one. */
export function joined(name: string, faults: Fault[]): Fault {
  return {
    name,
    apply: faults.flatMap(({ apply }) => apply),
    undo: faults.flatMap(({ undo }) => undo).reverse(),
  };
}

async function perform(fault: Fault, steps: Step[], execute: Execute): Promise<void> {
  for (const step of steps) {
    const { code, stderr, stdout } = await execute(step);
    if (code === 0) continue;
    throw new Error(
      `Fault ${fault.name}: ${step.argv.join(' ')} ended with code ${code}: ${stderr || stdout}`,
    );
  }
}

/** inject breaks what a fault breaks and returns the function that mends it; a fault that fails half-way is undone. */
export async function inject(fault: Fault, execute: Execute): Promise<() => Promise<void>> {
  try {
    await perform(fault, fault.apply, execute);
  } catch (error) {
    for (const step of fault.undo) await execute(step);
    throw error;
  }
  let broken = true;
  return async () => {
    if (!broken) return;
    broken = false;
    await perform(fault, fault.undo, execute);
  };
}
