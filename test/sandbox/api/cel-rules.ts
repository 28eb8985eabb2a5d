import type { Cause } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { Schema } from './schema.ts';
export function celCauses(_object: JsonObject, _schema: Schema, _old?: JsonObject): Cause[] {
  return [];
}
export function compileCauses(_schema: JsonObject, _where: string): Cause[] {
  return [];
}
