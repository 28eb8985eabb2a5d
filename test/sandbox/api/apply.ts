import type { Call } from './call.ts';
import type { Answered } from './dispatch.ts';
import { unsupportedMedia } from './errors.ts';
import type { ServerState } from './state.ts';
export function applyObject(_state: ServerState, _call: Call): Answered {
  throw unsupportedMedia('apply is not here yet');
}
