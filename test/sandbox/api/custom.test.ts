import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from './json.ts';
import {
  definitions,
  isThere,
  manifest,
  member,
  refusal,
  settled,
  startTestServer,
  type TestServer,
} from './test-server.ts';

const widgets = { group: 'example.com', version: 'v1', plural: 'widgets' };
const name: JsonObject = { type: 'string', maxLength: 20, pattern: '^[a-z]+$' };
const part: JsonObject = {
  type: 'object',
  required: ['name'],
  properties: {
    name,
    size: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
    when: { type: 'string', format: 'date-time' },
  },
  'x-kubernetes-validations': [
    {
      rule: "self.name != 'bad' || self.size > 5",
      messageExpression: "'part ' + self.name + ' is too small'",
    },
  ],
};
const specSchema: JsonObject = {
  type: 'object',
  properties: {
    mode: { type: 'string', enum: ['Fast', 'Slow'], default: 'Fast' },
    parts: {
      type: 'array',
      maxItems: 3,
      items: part,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    labels: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 2 },
    port: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    fixed: {
      type: 'string',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is fixed' }],
    },
  },
  'x-kubernetes-validations': [
    {
      rule: "!has(self.tags) || self.tags.exists(tag, tag.startsWith('a'))",
      message: 'one tag begins with a',
      fieldPath: '.tags',
      reason: 'FieldValueForbidden',
    },
  ],
};

function definition(schema: JsonObject = specSchema): JsonObject {
  const columns = [
    { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Parts', type: 'integer', jsonPath: '.status.parts', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ];
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const root = {
    type: 'object',
    properties: { spec: schema, status },
    'x-kubernetes-validations': [{ rule: 'self.metadata.name.size() <= 8', message: 'the name is too long' }],
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['w'], categories: ['all'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: root },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}

const widget = (name: string, spec: JsonObject) =>
  manifest({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec });

describe('custom resources', () => {
  let test: TestServer;
  const create = (name: string, spec: JsonObject) => test.admin.create(widgets, widget(name, spec));
  const refused = async (spec: JsonObject, name = 'w') =>
    (await refusal(create(name, spec))).message.replace(/^Widget.example.com "\w+" is invalid: /, '');
  before(async () => {
    test = await startTestServer();
    await test.admin.create(definitions, manifest(definition()));
    await settled(async () => (await test.ask('/apis/example.com/v1')).code === 200);
  });
  after(() => test.close());

  it('are established, found by discovery and described by OpenAPI', async () => {
    const crd = await test.admin.get(definitions, '', 'widgets.example.com');
    assert.deepEqual(member(crd, 'status', 'acceptedNames', 'listKind'), 'WidgetList');
    assert.deepEqual(
      [0, 1].map((index) => member(crd, 'status', 'conditions', index, 'type')),
      ['NamesAccepted', 'Established'],
    );
    const [found] = ((await test.ask('/apis/example.com/v1')).json.resources ?? []) as JsonObject[];
    assert.deepEqual(found, {
      name: 'widgets',
      singularName: 'widget',
      namespaced: false,
      kind: 'Widget',
      verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
      shortNames: ['w'],
      categories: ['all'],
    });
    const index = (await test.ask('/openapi/v3')).json;
    const url = String(member(index, 'paths', 'apis/example.com/v1', 'serverRelativeURL'));
    const document = (await test.ask(url)).json;
    const parameters = member(
      document,
      'paths',
      '/apis/example.com/v1/widgets/{name}',
      'patch',
      'parameters',
    );
    assert.ok(
      Array.isArray(parameters) &&
        parameters.some((item) => member(Object(item), 'name') === 'fieldValidation'),
    );
    assert.equal(
      member(
        document,
        'components',
        'schemas',
        'com.example.v1.Widget',
        'properties',
        'spec',
        'properties',
        'mode',
        'default',
      ),
      'Fast',
    );
  });

  it('are pruned and filled with defaults, deep inside too', async () => {
    const made = await create('pruned', {
      parts: [{ name: 'a', odd: 1 }],
      unknown: true,
      free: { any: { thing: 1 } },
    });
    assert.deepEqual(member(made, 'spec'), {
      mode: 'Fast',
      parts: [{ name: 'a', size: 3 }],
      free: { any: { thing: 1 } },
    });
    const strict = await test.ask('/apis/example.com/v1/widgets?fieldValidation=Strict', {
      method: 'POST',
      body: widget('s', { unknown: 1 }),
    });
    assert.equal(
      strict.json.message,
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.unknown"',
    );
  });

  it('are refused in the words of the real validator', async () => {
    const unchecked = (...texts: readonly string[]) =>
      `[${texts.join(', ')}, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]`;
    assert.equal(
      await refused({ mode: 'Odd' }),
      unchecked('spec.mode: Unsupported value: "Odd": supported values: "Fast", "Slow"'),
    );
    assert.equal(
      await refused({ mode: 1 }),
      unchecked('spec.mode: Invalid value: "integer": spec.mode in body must be of type string: "integer"'),
    );
    assert.equal(await refused({ parts: [{}] }), unchecked('spec.parts[0].name: Required value'));
    assert.equal(
      await refused({ parts: [{ name: 'A' }] }),
      'spec.parts[0].name: Invalid value: "A": spec.parts[0].name in body should match \'^[a-z]+$\'',
    );
    assert.equal(
      await refused({ parts: [{ name: 'x'.repeat(21) }] }),
      unchecked('spec.parts[0].name: Too long: may not be more than 20 bytes'),
    );
    assert.equal(
      await refused({ parts: [{ name: 'a', size: 10 }] }),
      'spec.parts[0].size: Invalid value: 10: spec.parts[0].size in body should be less than or equal to 9',
    );
    assert.equal(
      await refused({ parts: ['a', 'b', 'c', 'd'].map((each) => ({ name: each })) }),
      unchecked('spec.parts: Too many: 4: must have at most 3 items'),
    );
    assert.equal(
      await refused({ parts: [{ name: 'a', when: 'soon' }] }),
      unchecked(
        'spec.parts[0].when: Invalid value: "soon": spec.parts[0].when in body must be of type date-time: "soon"',
      ),
    );
    assert.equal(
      await refused({ parts: [{ name: 'a' }, { name: 'a' }] }),
      'spec.parts[1]: Duplicate value: {"name":"a"}',
    );
    assert.equal(await refused({ tags: ['a', 'a'] }), 'spec.tags[1]: Duplicate value: "a"');
    assert.equal(
      await refused({ labels: { a: '1', b: '2', c: '3' } }),
      unchecked('spec.labels: Too many: 3: must have at most 2 items'),
    );
    assert.equal(
      await refused({ port: 1.5 }),
      unchecked(
        'spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number"',
      ),
    );
    assert.equal(
      await refused({ parts: [{ name: 'a', size: 1.5 }] }),
      unchecked(
        'spec.parts[0].size: Invalid value: "number": spec.parts[0].size in body must be of type integer: "number"',
        '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.parts[0].size',
      ),
    );
  });

  it('are held to their CEL rules', async () => {
    assert.equal(
      await refused({ parts: [{ name: 'bad' }] }),
      'spec.parts[0]: Invalid value: part bad is too small',
    );
    await create('good', { parts: [{ name: 'bad', size: 6 }], tags: ['b', 'ab'] });
    assert.equal(await refused({ tags: ['b'] }), 'spec.tags: Forbidden: one tag begins with a');
    assert.equal(await refused({}, 'muchtoolong'), '<nil>: Invalid value: the name is too long');
  });

  it('are held to transition rules by updates only', async () => {
    await create('fixed', { fixed: 'x' });
    const changed = await refusal(test.admin.patch(widgets, '', 'fixed', { spec: { fixed: 'y' } }));
    assert.equal(
      changed.message,
      'Widget.example.com "fixed" is invalid: spec.fixed: Invalid value: "y": fixed is fixed',
    );
    await test.admin.patch(widgets, '', 'fixed', { spec: { fixed: null } });
  });

  it('need the resourceVersion in an update', async () => {
    await create('blind', {});
    const blind = await refusal(test.admin.update(widgets, widget('blind', {})));
    assert.equal(
      blind.message,
      'Widget.example.com "blind" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  it('show their printer columns', async () => {
    await create('shown', {});
    await test.admin.patch(
      widgets,
      '',
      'shown',
      { status: { parts: 2, conditions: [{ type: 'Ready', status: 'True' }] } },
      'status',
    );
    const table = (
      await test.ask('/apis/example.com/v1/widgets/shown', {
        headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
      })
    ).json;
    const cells = member(table, 'rows', 0, 'cells');
    const [age, ...others] = Array.isArray(cells) ? cells.toReversed() : [];
    assert.match(String(age), /^\d+s$/);
    assert.deepEqual(others, [2, 'True', 'Fast', 'shown']);
    const columns = member(table, 'columnDefinitions');
    assert.deepEqual(
      (Array.isArray(columns) ? columns : []).map((column) => [
        member(Object(column), 'name'),
        member(Object(column), 'type'),
        member(Object(column), 'priority'),
      ]),
      [
        ['Name', 'string', 0],
        ['Mode', 'string', 0],
        ['Ready', 'string', 0],
        ['Parts', 'integer', 1],
        ['Age', 'string', 0],
      ],
    );
  });

  it('go with their definition', async () => {
    await test.admin.delete(definitions, '', 'widgets.example.com');
    await settled(async () => !(await isThere(test.admin, definitions, '', 'widgets.example.com')));
    assert.equal((await test.ask('/apis/example.com/v1/widgets')).code, 404);
    await test.admin.create(definitions, manifest(definition()));
    await settled(async () => (await test.ask('/apis/example.com/v1/widgets')).code === 200);
    assert.deepEqual((await test.admin.list(widgets)).items, []);
  });

  it('are not defined by schemas that a real server refuses', async () => {
    const why = async (schema: JsonObject) => {
      const crd = definition(schema);
      const renamed = {
        ...crd,
        metadata: { name: 'gadgets.example.com' },
        spec: { ...Object(crd.spec), names: { plural: 'gadgets', kind: 'Gadget' } },
      };
      return (await refusal(test.admin.create(definitions, manifest(renamed)))).message;
    };
    const where = 'spec.versions[0].schema.openAPIV3Schema.properties[spec]';
    const rule = (text: string): JsonObject => ({
      type: 'object',
      properties: { a: { type: 'string' } },
      'x-kubernetes-validations': [{ rule: text }],
    });
    assert.ok(
      (await why({ properties: {} })).includes(
        `${where}.type: Required value: must not be empty for specified object fields`,
      ),
    );
    assert.ok(
      (await why(rule('self.b == 1'))).includes("compilation failed: ERROR: <input>: undefined field 'b'"),
    );
    assert.ok((await why(rule('self.a.nope()'))).includes("undeclared reference to 'nope'"));
    assert.ok((await why(rule('self.a =='))).includes('Syntax error'));
    const map = {
      type: 'array',
      items: { type: 'object', properties: { k: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
    };
    assert.ok(
      (await why({ type: 'object', properties: { list: map } })).includes(
        'it must have a default or be a required property',
      ),
    );
  });
});
