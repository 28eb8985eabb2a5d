/** One view over the schemas of built-in kinds (OpenAPI documents with $ref) and of CRDs (structural schemas). */
import { isObject, type JsonObject, type JsonValue, listOf, objectOf, stringOf, stringsOf } from './json.ts';

/** Components are the named schemas that a $ref leads to. */
export type Components = JsonObject;

/** Schema is one node. Its children are made when they are asked for, and kept. */
export class Schema {
  readonly json: JsonObject;
  /** type is '' where anything is allowed. */
  readonly type: string;
  /** goName is the last part of the component's name: `JobSpec`. */
  readonly goName: string;
  readonly listType: string;
  readonly listKeys: string[];
  readonly atomicMap: boolean;
  readonly intOrString: boolean;
  readonly quantity: boolean;
  readonly nullable: boolean;
  readonly preserveUnknown: boolean;
  readonly embedded: boolean;
  readonly mergeKey: string;
  readonly patchStrategies: string[];
  readonly requiredFields: string[];
  readonly default: JsonValue | undefined;
  readonly #components: Components;
  readonly #properties: JsonObject;
  readonly #children = new Map<string, Schema>();
  #items: Schema | undefined;
  #additional: Schema | undefined;

  constructor(raw: JsonObject, components: Components = {}) {
    const { json, goName } = dereference(raw, components);
    this.json = json;
    this.goName = goName;
    this.#components = components;
    this.#properties = objectOf(json.properties);
    this.intOrString = json['x-kubernetes-int-or-string'] === true || json.format === 'int-or-string';
    this.quantity = goName === 'Quantity';
    this.type = stringOf(json.type);
    this.listType = stringOf(json['x-kubernetes-list-type']) || 'atomic';
    this.listKeys = stringsOf(json['x-kubernetes-list-map-keys']);
    this.atomicMap = json['x-kubernetes-map-type'] === 'atomic';
    this.nullable = json.nullable === true;
    this.preserveUnknown = json['x-kubernetes-preserve-unknown-fields'] === true;
    this.embedded = json['x-kubernetes-embedded-resource'] === true;
    this.mergeKey = stringOf(json['x-kubernetes-patch-merge-key']);
    this.patchStrategies = stringOf(json['x-kubernetes-patch-strategy']).split(',').filter(Boolean);
    this.requiredFields = stringsOf(json.required);
    this.default = json.default;
  }

  /** propertyNames are the declared members. */
  get propertyNames(): string[] {
    return Object.keys(this.#properties);
  }

  /** isStruct tells declared members from a free map. */
  get isStruct(): boolean {
    return isObject(this.json.properties);
  }

  /** isFree is true where nothing is said about members: RawExtension, FieldsV1, a CRD's JSON. */
  get isFree(): boolean {
    const silent = this.json.additionalProperties === undefined && !this.isStruct && !this.json.items;
    return silent && (this.type === '' || this.type === 'object') && !this.intOrString && !this.quantity;
  }

  /** property is the schema of a declared member. */
  property(name: string): Schema | undefined {
    const known = this.#children.get(name);
    if (known) return known;
    const raw = Object.hasOwn(this.#properties, name) ? this.#properties[name] : undefined;
    if (!isObject(raw)) return undefined;
    const made = new Schema(raw, this.#components);
    this.#children.set(name, made);
    return made;
  }

  /** items is the schema of a list's items. */
  get items(): Schema | undefined {
    if (!this.#items && isObject(this.json.items))
      this.#items = new Schema(this.json.items, this.#components);
    return this.#items;
  }

  /** additional is the schema of a free map's values. */
  get additional(): Schema | undefined {
    const raw = this.json.additionalProperties;
    if (!this.#additional && isObject(raw)) this.#additional = new Schema(raw, this.#components);
    return this.#additional;
  }

  /** child is the schema of a member, declared or not. */
  child(name: string): Schema | undefined {
    return this.property(name) ?? this.additional;
  }
}

const refPrefix = '#/components/schemas/';

function dereference(raw: JsonObject, components: Components): { json: JsonObject; goName: string } {
  const [wrapped] = listOf(raw.allOf);
  const ref = stringOf(raw.$ref) || (isObject(wrapped) ? stringOf(wrapped.$ref) : '');
  if (!ref.startsWith(refPrefix)) return { json: raw, goName: '' };
  const name = ref.slice(refPrefix.length);
  const { $ref: _ref, allOf: _allOf, ...own } = raw;
  return { json: { ...objectOf(components[name]), ...own }, goName: name.split('.').at(-1) ?? '' };
}
