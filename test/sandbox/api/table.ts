/** Tables (meta.k8s.io/v1): what `kubectl get` shows. */
import { age } from './durations.ts';
import {
  at,
  isObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from './json.ts';
import { jsonPath } from './json-path.ts';
import type { ApiResource } from './resources.ts';
import type { Column } from './table-column.ts';
import { printerOf } from './table-columns.ts';

const nameDescription =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';
const ageDescription =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: nameDescription,
  cell: (object) => stringOf(at(object, 'metadata', 'name')),
};
const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: ageDescription,
  cell: (object) => age(stringOf(at(object, 'metadata', 'creationTimestamp'))),
};

function customColumn(column: JsonObject): Column {
  const type = stringOf(column.type);
  const path = stringOf(column.jsonPath);
  return {
    name: stringOf(column.name),
    type: type === 'date' ? 'string' : type,
    format: stringOf(column.format),
    description:
      stringOf(column.description) || `Custom resource definition column (in JSONPath format): ${path}`,
    priority: numberOf(column.priority) ?? 0,
    cell: (object) => customCell(jsonPath(object, path), type),
  };
}

function customCell(found: JsonValue[], type: string): JsonValue {
  const [first] = found;
  if (first === undefined || first === null) return null;
  if (type === 'integer') return typeof first === 'number' ? Math.trunc(first) : null;
  if (type === 'number') return typeof first === 'number' ? first : null;
  if (type === 'boolean') return typeof first === 'boolean' ? first : null;
  if (type === 'date')
    return typeof first === 'string' && !Number.isNaN(Date.parse(first)) ? age(first) : '<invalid>';
  return found.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(' ');
}

function columnsOf(resource: ApiResource): Column[] {
  const own = objectsOf(resource.crdVersion?.additionalPrinterColumns);
  if (own.length > 0) return [nameColumn, ...own.map(customColumn)];
  const printer = resource.crdVersion ? undefined : printerOf(resource);
  if (!printer) return [nameColumn, ageColumn];
  return printer.map((column) => (column === 'name' ? nameColumn : column === 'age' ? ageColumn : column));
}

function rowObject(object: JsonObject, include: string): JsonObject {
  if (include === 'Object') return { object };
  if (include === 'None') return {};
  const metadata = objectOf(object.metadata);
  return { object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } };
}

/** table shows objects as a Table. `include` is the request's includeObject; watches send the columns once. */
export function table(
  resource: ApiResource,
  objects: JsonObject[],
  metadata: JsonObject,
  include: string,
  withColumns = true,
): JsonObject {
  const columns = columnsOf(resource);
  const columnDefinitions = columns.map((column) => ({
    name: column.name,
    type: column.type ?? 'string',
    format: column.format ?? '',
    description: column.description ?? '',
    priority: column.priority ?? 0,
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? columnDefinitions : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object)),
      ...(object.kind === 'Pod' ? { conditions: podConditions(object) } : {}),
      ...rowObject(object, include),
    })),
  };
}

/** Rows of finished Pods say so, for clients that hide them. */
function podConditions(object: JsonObject): JsonValue {
  const phase = stringOf(at(object, 'status', 'phase'));
  if (phase !== 'Succeeded' && phase !== 'Failed') return null;
  return [
    {
      type: 'Completed',
      status: 'True',
      reason: phase,
      message: `The pod has ${phase === 'Failed' ? 'failed' : 'completed successfully'}.`,
    },
  ];
}

/** partial is an object as PartialObjectMetadata. */
export function partial(object: JsonObject): JsonObject {
  const { metadata } = object;
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: isObject(metadata) ? metadata : {},
  };
}
