/** What columns are made of: a name, what `-o wide` adds, and how a cell is worked out. */
import {
  at,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  objectsOf,
  stringMapOf,
  stringOf,
  stringsOf,
} from './json.ts';

/** Column is one column and how its cell is made. Priority 1 is `-o wide`. */
export interface Column {
  name: string;
  type?: string;
  format?: string;
  description?: string;
  priority?: number;
  cell: (object: JsonObject) => JsonValue;
}
/** Printer is the columns of a kind, in order. */
export type Printer = (Column | 'name' | 'age')[];

/** none stands for what is not set. */
export const none = '<none>';

/** column is a column that is always shown. */
export function column(
  name: string,
  cell: (object: JsonObject) => JsonValue,
  description = '',
  type = 'string',
): Column {
  return { name, cell, description, type };
}

/** wide is a column of `-o wide`. */
export function wide(name: string, cell: (object: JsonObject) => JsonValue, description = ''): Column {
  return { name, cell, description, priority: 1 };
}

/** number is a cell with the number at a path; zero where there is none. */
export function number(...path: string[]): (object: JsonObject) => JsonValue {
  return (object) => numberOf(at(object, ...path)) ?? 0;
}

/** text is a cell with the string at a path. */
export function text(...path: string[]): (object: JsonObject) => JsonValue {
  return (object) => stringOf(at(object, ...path)) || none;
}

/** labelText writes labels as a query would. */
export function labelText(labels: Record<string, string>): string {
  const parts = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.length > 0 ? parts.map(([key, value]) => `${key}=${value}`).join(',') : none;
}

/** selectorText writes a metav1.LabelSelector as a query would. */
export function selectorText(selector: JsonObject): string {
  const parts = Object.entries(stringMapOf(selector.matchLabels)).map(([key, value]) => `${key}=${value}`);
  for (const item of objectsOf(selector.matchExpressions)) {
    const values = stringsOf(item.values).join(',');
    const key = stringOf(item.key);
    if (item.operator === 'In') parts.push(`${key} in (${values})`);
    else if (item.operator === 'NotIn') parts.push(`${key} notin (${values})`);
    else parts.push(item.operator === 'Exists' ? key : `!${key}`);
  }
  return parts.length > 0 ? parts.sort().join(',') : none;
}

/** template is the columns of a Pod template at a path. */
export function template(...path: string[]): Column[] {
  const containers = (object: JsonObject) => objectsOf(at(object, ...path, 'containers'));
  return [
    wide(
      'Containers',
      (object) =>
        containers(object)
          .map((item) => stringOf(item.name))
          .join(','),
      'Names of each container in the template.',
    ),
    wide(
      'Images',
      (object) =>
        containers(object)
          .map((item) => stringOf(item.image))
          .join(','),
      'Images referenced by each container in the template.',
    ),
  ];
}

/** selector is the column of spec.selector. */
export const selector = wide(
  'Selector',
  (object) => selectorText(objectOf(at(object, 'spec', 'selector'))),
  'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
);
