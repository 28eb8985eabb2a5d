/** metav1.MicroTime, in which Leases and Events tell time. */

/** microTime writes a moment with six digits behind the second, as the API server wants them. */
export function microTime(moment: Date): string {
  return moment.toISOString().replace('Z', '000Z');
}
