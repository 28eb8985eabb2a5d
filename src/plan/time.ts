/** Times as the API server writes them: RFC 3339, whole seconds, UTC. */

/** timeText formats a moment as `metav1.Time` does: whole seconds, rounded down. */
export function timeText(moment: Date): string {
  return `${new Date(Math.floor(moment.getTime() / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** timeOf reads an RFC 3339 time; undefined for an absent or unreadable one. */
export function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

/** plusSeconds is the moment that many seconds later (earlier for a negative number). */
export function plusSeconds(moment: Date, seconds: number): Date {
  return new Date(moment.getTime() + seconds * 1000);
}

/** secondsBetween is how many seconds `to` is after `from`; negative when it is before. */
export function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}

/** earliest is the first of the moments given; undefined when there is none. */
export function earliest(...moments: readonly (Date | undefined)[]): Date | undefined {
  let first: Date | undefined;
  for (const moment of moments) {
    if (moment !== undefined && (first === undefined || moment < first)) first = moment;
  }
  return first;
}
