/** Ages as kubectl's tables show them (k8s.io/apimachinery/pkg/util/duration). */

/** humanDuration writes a span of milliseconds with at most two units. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return hours < 24 * 365 * 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

function two(much: number, unit: string, little: number, smaller: string): string {
  return little === 0 ? `${much}${unit}` : `${much}${unit}${little}${smaller}`;
}

/** age is how long ago a timestamp was; `<unknown>` where there is none. */
export function age(timestamp: string, now = Date.now()): string {
  return timestamp === '' ? '<unknown>' : humanDuration(now - Date.parse(timestamp));
}
