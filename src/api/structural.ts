/**
 * The one language that this project writes its data down in: what a CustomResourceDefinition may hold, and no more.
 *
 * From one such schema come the CRDs, the TypeScript types (`Infer`), run-time validation (`validate.ts`) and the
 * reference docs. The type refuses what an API server would refuse (`$ref`, `definitions`, `patternProperties`,
 * `additionalProperties: false`, `uniqueItems`) and what our own rules refuse: anything without a bound.
 * Source of the rules: Kubernetes' structural schemas
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
 */

/** Structural is a node of a schema. */
export type Structural = StringSchema | IntegerSchema | BooleanSchema | ListSchema | ObjectSchema | MapSchema;

/** Field is the schema of a named field: it says what the field means, in a sentence that starts with its name. */
export type Field = Structural & { readonly description: string };

/** Rule is one CEL rule of `x-kubernetes-validations`; its message says what is wrong and what to do. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  /** reason is what the API server answers machines with. */
  readonly reason?:
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate';
  /** fieldPath points at the field that is wrong, as `.name`, where that is not the field that carries the rule. */
  readonly fieldPath?: string;
}

interface Common {
  readonly description?: string;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

/** StringSchema is text: bounded by a length, a closed list, or a format that bounds it. */
export type StringSchema = Common & {
  readonly type: 'string';
  readonly default?: string;
  readonly pattern?: string;
  readonly minLength?: number;
} & (
    | { readonly maxLength: number }
    | { readonly enum: readonly string[] }
    | { readonly format: 'date-time' }
  );

/** IntegerSchema is a whole number within bounds. There are no fractions in the API. */
export type IntegerSchema = Common & {
  readonly type: 'integer';
  readonly format: 'int32' | 'int64';
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
};

/** BooleanSchema is yes or no. `spec.suspend` is the only one that users write: others tend to need a third value. */
export type BooleanSchema = Common & { readonly type: 'boolean'; readonly default?: boolean };

/** ListSchema is a list of bounded length that says how two writers' items are merged. */
export type ListSchema = Common & {
  readonly type: 'array';
  readonly items: Structural;
  readonly maxItems: number;
  readonly minItems?: number;
  readonly default?: readonly unknown[];
} & (
    | { readonly 'x-kubernetes-list-type': 'atomic' | 'set' }
    | { readonly 'x-kubernetes-list-type': 'map'; readonly 'x-kubernetes-list-map-keys': readonly string[] }
  );

/** ObjectSchema is an object of known fields; unknown ones are pruned by the API server. */
export type ObjectSchema = Common & {
  readonly type: 'object';
  readonly properties: { readonly [field: string]: Field };
  readonly required?: readonly string[];
  readonly default?: { readonly [field: string]: unknown };
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
};

/** MapSchema is a map from text to values: for labels only, as the API conventions ask. */
export type MapSchema = Common & {
  readonly type: 'object';
  readonly additionalProperties: Structural;
  readonly maxProperties: number;
};

/**
 * Infer is the TypeScript type of the values that a schema admits **as the API server returns them**:
 * lists and fields are readonly, and a field with a default is there whether or not somebody wrote it.
 */
export type Infer<S> = S extends { readonly type: 'string' }
  ? S extends { readonly enum: readonly (infer E)[] }
    ? E
    : string
  : S extends { readonly type: 'integer' }
    ? number
    : S extends { readonly type: 'boolean' }
      ? boolean
      : S extends { readonly type: 'array'; readonly items: infer I }
        ? readonly Infer<I>[]
        : S extends { readonly properties: infer P }
          ? InferObject<P, RequiredNames<S>>
          : S extends { readonly additionalProperties: infer V }
            ? { readonly [key: string]: Infer<V> }
            : never;

type RequiredNames<S> = S extends { readonly required: readonly (infer R)[] } ? R : never;

type PresentNames<P, R> = {
  [K in keyof P]: K extends R ? K : P[K] extends { readonly default: unknown } ? K : never;
}[keyof P];

type InferObject<P, R> = Flat<
  { readonly [K in PresentNames<P, R>]: Infer<P[K]> } & {
    readonly [K in Exclude<keyof P, PresentNames<P, R>>]?: Infer<P[K]>;
  }
>;

type Flat<T> = { [K in keyof T]: T[K] };
