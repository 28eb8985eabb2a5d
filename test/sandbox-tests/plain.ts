/** Plain is JSON of an object. */
export type Plain = Record<string, unknown>;

const VARIABLE: [RegExp, string][] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-x'],
  [/\b(containerd:\/\/|sha256:)[0-9a-f]{64}/g, '$1HASH'],
  [/\b10\.(99|199)\.0\.\d+\b/g, 'NODE-IP'],
  [/\b10\.(244|200)\.\d+\.\d+\b/g, 'POD-IP'],
];

/** What no two clusters have in common, or what the capture was taken without. */
const DROPPED = new Set(['resourceVersion', 'managedFields', 'annotations', 'nodeName']);

/** The captured cluster's API server adds a projection for OpenShift to every Pod; most do not. */
function isForeign(item: unknown): boolean {
  return JSON.stringify(item ?? null).startsWith('{"configMap":{"items":[{"key":"service-ca.crt"');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isForeign(item)).map(sorted);
  if (typeof value === 'string')
    return VARIABLE.reduce((text, [form, word]) => text.replace(form, word), value);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, item]) => !DROPPED.has(key) && item !== null);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}

/** plain is an object without what differs between any two clusters: uids, times, random names, addresses. */
export function plain(object: object): unknown {
  const text = JSON.stringify(sorted(JSON.parse(JSON.stringify(object))));
  return JSON.parse(text.replace(/("(?:generateName|name)":"[a-z]+-)[a-z0-9]{5}"/g, '$1x"'));
}
