/** What is special about a built-in kind: its registry strategy. */
import type { Cause } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { ServerState } from './state.ts';

/** Strategy is the part of a kind that no schema says. All members are optional; all functions leave input alone. */
export interface Strategy {
  /** true where `metadata.generation` counts changes of the spec. */
  generation?: boolean;
  /** which rule metadata.name follows; a DNS subdomain by default. */
  name?: 'subdomain' | 'label' | 'label-1035' | 'path';
  /** true where a finalizer need not have a path in its name: custom objects and their definitions. */
  freeFinalizers?: boolean;
  /** default fills in what the OpenAPI document does not. */
  default?: (object: JsonObject) => JsonObject;
  /** prepareCreate sets what the server decides: selectors, addresses, the first status. */
  prepareCreate?: (object: JsonObject, state: ServerState) => JsonObject;
  prepareUpdate?: (next: JsonObject, old: JsonObject, state: ServerState) => JsonObject;
  validate?: (object: JsonObject) => Cause[];
  validateUpdate?: (next: JsonObject, old: JsonObject) => Cause[];
}
