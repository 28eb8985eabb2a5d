/** Times as Kubernetes writes them. */

/** timestamp is metav1.Time: seconds, UTC. */
export function timestamp(date = new Date()): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** microTimestamp is metav1.MicroTime. */
export function microTimestamp(date = new Date()): string {
  return date.toISOString().replace(/\.(\d+)Z$/, (_, digits: string) => `.${digits.padEnd(6, '0')}Z`);
}
