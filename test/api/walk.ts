import type { Structural } from '../../src/api/structural.ts';

/** Visit is one node of a schema, and how it is reached. */
export interface Visit {
  readonly path: string;
  /** name is the field's own name; absent for items of lists and values of maps. */
  readonly name?: string;
  readonly schema: Structural;
  /** atomic is whether a list or map above this node is replaced as a whole: CEL has no oldSelf there. */
  readonly atomic: boolean;
}

/** visits are all nodes of a schema, the outermost first. */
export function visits(path: string, schema: Structural, name?: string, atomic = false): readonly Visit[] {
  const here: Visit = { path, schema, atomic, ...(name !== undefined && { name }) };
  if (schema.type === 'array') {
    const lost = atomic || schema['x-kubernetes-list-type'] !== 'map';
    return [here, ...visits(`${path}[]`, schema.items, undefined, lost)];
  }
  if (schema.type !== 'object') return [here];
  if (!('properties' in schema))
    return [here, ...visits(`${path}{}`, schema.additionalProperties, undefined, atomic)];
  const lost = atomic || schema['x-kubernetes-map-type'] === 'atomic';
  return [
    here,
    ...Object.entries(schema.properties).flatMap(([field, child]) =>
      visits(`${path}.${field}`, child, field, lost),
    ),
  ];
}
