import fc from 'fast-check';
import type { ListSchema, Structural } from '../../src/api/structural.ts';

/** valid makes values that a schema admits, with at most `most` items in each list. Patterns are matched by example. */
export function valid(schema: Structural, most = 3): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum, max: schema.maximum });
    case 'string':
      return text(schema);
    case 'array':
      return list(schema, most);
    case 'object':
      if (!('properties' in schema)) {
        const keys = fc.string({ minLength: 1, maxLength: 20 });
        return fc.dictionary(keys, valid(schema.additionalProperties, most), {
          maxKeys: Math.min(most, schema.maxProperties),
        });
      }
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties).map(([name, field]) => [name, valid(field, most)]),
        ),
        { requiredKeys: [...(schema.required ?? [])] },
      );
  }
}

function text(schema: Extract<Structural, { type: 'string' }>): fc.Arbitrary<string> {
  if ('enum' in schema) return fc.constantFrom(...schema.enum);
  if ('format' in schema) {
    return fc
      .integer({ min: 0, max: 4_000_000_000 })
      .map((seconds) => new Date(seconds * 1000).toISOString());
  }
  if (schema.pattern === undefined) {
    return fc
      .string({
        unit: 'grapheme',
        minLength: schema.minLength ?? 0,
        maxLength: Math.min(schema.maxLength, 40),
      })
      .filter((value) => [...value].length <= schema.maxLength);
  }
  return fc.constantFrom(...examples.filter((value) => new RegExp(`${schema.pattern}`, 'u').test(value)));
}

/** examples are texts of which at least one matches each pattern in the schemas. */
const examples = ['0123456789abcdef', 'NetworkSound', 'Ready', 'kubernetes.io/os', 'zone', '.x?- .', 'a', ''];

function list(schema: ListSchema, most: number): fc.Arbitrary<unknown> {
  const bounds = { minLength: schema.minItems ?? 0, maxLength: Math.min(most, schema.maxItems) };
  const keys = 'x-kubernetes-list-map-keys' in schema ? schema['x-kubernetes-list-map-keys'] : [];
  if (schema['x-kubernetes-list-type'] === 'atomic') return fc.array(valid(schema.items, most), bounds);
  return fc.uniqueArray(valid(schema.items, most), {
    ...bounds,
    selector: (item) => JSON.stringify(keys.length === 0 ? item : keys.map((key) => Object(item)[key])),
  });
}
