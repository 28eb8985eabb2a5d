import { createHash } from 'node:crypto';
import type { JsonValue } from '../client.ts';
import type { PodTemplate } from '../kinds.ts';

/** What Kubernetes encodes hashes with: no vowels, no look-alikes (apimachinery/pkg/util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** templateText is a template in one canonical form, without what controllers add to its labels. */
export function templateText(template: PodTemplate): string {
  const plain: JsonValue = JSON.parse(JSON.stringify(template));
  return JSON.stringify(sorted(plain), (key, value: unknown) =>
    key === 'pod-template-hash' ? undefined : value,
  );
}

/** templateHash is a short name of a template: equal templates have equal ones. */
export function templateHash(template: PodTemplate): string {
  const bytes = createHash('sha256').update(templateText(template)).digest().subarray(0, 10);
  return [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
