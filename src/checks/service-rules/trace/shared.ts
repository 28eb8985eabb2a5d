/**
 * What one origin's packets met in the chains of a Service, kept for the other's: both come to the same chains, and mostly
 * nothing there asks where a packet comes from.
 */
import { type AddressSet, difference, intersection, isEmpty } from '../address-set.ts';
import type { Chain } from '../model.ts';
import { sameMarks } from './marks.ts';
import type { Stop } from './passage.ts';
import { type State, withSources } from './state.ts';

/** Met is what came out of a chain. */
export interface Met {
  readonly accepted: readonly State[];
  readonly returned: readonly State[];
  readonly stops: readonly Stop[];
}

/** Shared remembers the last chain. */
export class Shared {
  private chain: Chain | undefined;
  private protocol = '';
  private state: State | undefined;
  private met: Met | undefined;

  /** keep keeps what a state of packets of a protocol met that entered a chain. */
  keep(chain: Chain, protocol: string, state: State, met: Met): void {
    this.chain = chain;
    this.protocol = protocol;
    this.state = state;
    this.met = met;
  }

  /** of gives what a state meets that enters a chain, where that is known. */
  of(chain: Chain, protocol: string, state: State): Met | undefined {
    const { met, state: known } = this;
    if (met === undefined || known === undefined) return undefined;
    if (this.chain !== chain || this.protocol !== protocol) return undefined;
    const { sources } = state;
    const same =
      known.address === state.address &&
      known.port === state.port &&
      isEmpty(difference(sources, known.sources)) &&
      sameMarks(known.marks, state.marks, sources);
    if (!same) return undefined;
    return {
      accepted: met.accepted.flatMap((each) => narrowed(each, sources)),
      returned: met.returned.flatMap((each) => narrowed(each, sources)),
      stops: met.stops.flatMap((stop) =>
        narrowed(stop.state, sources).map((each) => ({ ...stop, state: each })),
      ),
    };
  }
}

/** isPlain tells whether nothing but its fields tells a state from others: such can be kept. */
export function isPlain(state: State): boolean {
  return (
    state.weight === 1 &&
    !state.translated &&
    state.on === undefined &&
    state.notOn === undefined &&
    state.put === undefined &&
    state.decisions === undefined &&
    state.foreign === undefined
  );
}

function narrowed(state: State, sources: AddressSet): readonly State[] {
  const both = intersection(state.sources, sources);
  return isEmpty(both) ? [] : [withSources(state, both)];
}
