import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compare, fieldsOf } from './field-compare.ts';
import { merged, withoutPaths } from './field-merge.ts';
import {
  difference,
  emptySet,
  fromFieldsV1,
  intersection,
  members,
  pathText,
  sameSet,
  toFieldsV1,
  union,
} from './field-set.ts';
import { type JsonObject, objectOf } from './json.ts';
import { Schemas } from './schemas.ts';

const leaf = fc.constant<JsonObject>({});
const tree: fc.Arbitrary<JsonObject> = fc
  .letrec<{ node: JsonObject }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.dictionary(fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', '.'), tie('node')),
    ),
  }))
  .node.map((value) => ({ 'f:root': { ...value, 'f:end': {} } }));

describe('sets of fields', () => {
  it('read and write FieldsV1 without losing a member', () => {
    fc.assert(
      fc.property(tree, (json) => {
        const set = fromFieldsV1(json);
        assert.ok(sameSet(fromFieldsV1(toFieldsV1(set)), set));
      }),
    );
  });
  it('obey the laws of sets', () => {
    fc.assert(
      fc.property(tree, tree, (left, right) => {
        const a = fromFieldsV1(left);
        const b = fromFieldsV1(right);
        assert.ok(sameSet(union(difference(a, b), intersection(a, b)), a));
        assert.ok(sameSet(union(a, b), union(b, a)));
        assert.ok(sameSet(difference(a, a), emptySet()));
      }),
    );
  });
  it('name paths as conflicts do', () => {
    const set = fromFieldsV1({
      'f:spec': { 'f:list': { 'k:{"name":"x"}': { '.': {}, 'f:image': {} }, 'v:"y"': {} } },
    });
    assert.deepEqual(members(set).map(pathText), [
      '.spec.list[name="x"]',
      '.spec.list[name="x"].image',
      '.spec.list[="y"]',
    ]);
  });
});

describe('fields of Pods', () => {
  const schema = new Schemas().kind('v1', 'Pod');
  assert.ok(schema);
  const before = {
    spec: {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ],
      nodeName: 'n',
    },
  };
  const next = {
    spec: {
      containers: [{ name: 'a', image: '2', env: [{ name: 'E', value: 'v' }] }],
      restartPolicy: 'Never',
    },
  };

  it('are compared item by item where the list is a map', () => {
    const { added, modified, removed } = compare(before, next, schema);
    assert.deepEqual(toFieldsV1(added), {
      'f:spec': {
        'f:containers': {
          'k:{"name":"a"}': {
            'f:env': { '.': {}, 'k:{"name":"E"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
          },
        },
        'f:restartPolicy': {},
      },
    });
    assert.deepEqual(toFieldsV1(modified), {
      'f:spec': { 'f:containers': { 'k:{"name":"a"}': { 'f:image': {} } } },
    });
    assert.deepEqual(toFieldsV1(removed), {
      'f:spec': {
        'f:containers': { 'k:{"name":"b"}': { '.': {}, 'f:image': {}, 'f:name': {} } },
        'f:nodeName': {},
      },
    });
  });
  it('of a configuration merge into an object and come out again', () => {
    const configuration = { spec: { containers: [{ name: 'c', image: '9' }], hostname: 'h' } };
    const whole = objectOf(merged(before, configuration, schema));
    assert.deepEqual(whole.spec, {
      ...before.spec,
      containers: [...before.spec.containers, { name: 'c', image: '9' }],
      hostname: 'h',
    });
    assert.deepEqual(withoutPaths(whole, fieldsOf(configuration, schema), emptySet(), schema), before);
  });
  it('with a key that is not given take the default of the schema', () => {
    const ports = { spec: { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] } };
    assert.deepEqual(members(fieldsOf(ports, schema)).map(pathText), [
      '.spec.containers[name="a"]',
      '.spec.containers[name="a"].name',
      '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"]',
      '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].containerPort',
    ]);
  });
});
