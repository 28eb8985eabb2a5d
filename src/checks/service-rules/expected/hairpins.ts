/** The one thing that an endpoint of its own changes on most nodes: a short way, as it does so for very many. */
import { outcomeText } from '../entry.ts';
import { internalOutcome } from './outcomes.ts';
import type { PortEndpoint, ServicePort } from './service-port.ts';
import type { Site } from './site.ts';

/**
 * hasOnlyHairpins tells whether that is all that a port's endpoint on a node changes there, if no policy, hint or address
 * of the node concerns the port: the row of its ClusterIP, for packets that enter.
 */
export function hasOnlyHairpins({ detector }: Site): boolean {
  return detector.kind !== 'interface';
}

/** withHairpins is the text of that row with what changes for the endpoints that are here, from the text without it. */
export function withHairpins(
  text: string,
  port: ServicePort,
  endpoints: readonly PortEndpoint[],
  site: Site,
): string {
  let changed = text;
  for (const endpoint of endpoints) {
    // Entering packets come first in the text, so what is found is theirs.
    const start = changed.indexOf(`;Endpoint ${endpoint.text} `);
    if (start < 0) continue;
    const here = outcomeText(internalOutcome(port, site, site.entering, endpoint, true));
    changed = changed.slice(0, start) + here + changed.slice(endOfOutcome(changed, start + 1));
  }
  return changed;
}

/** An outcome ends where the next one begins, or the next kind of packets. */
function endOfOutcome(text: string, from: number): number {
  const [next, last] = [text.indexOf(';', from), text.indexOf('|', from)];
  return next < 0 || last < next ? last : next;
}
