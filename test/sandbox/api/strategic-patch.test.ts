import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Schemas } from './schemas.ts';
import { strategicMerge } from './strategic-patch.ts';

const schema = new Schemas().kind('v1', 'Pod');
const target = {
  metadata: { finalizers: ['a'], labels: { x: '1' } },
  spec: {
    containers: [
      {
        name: 'one',
        image: 'i:1',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      { name: 'two', image: 'i:1' },
    ],
    tolerations: [{ key: 'k' }],
  },
};

it('merges lists by the key that the OpenAPI document names', () => {
  const patch = {
    metadata: { finalizers: ['b'], labels: { x: null, y: '2' } },
    spec: {
      containers: [
        {
          name: 'one',
          image: 'i:2',
          env: [
            { name: 'A', $patch: 'delete' },
            { name: 'C', value: '3' },
          ],
        },
      ],
    },
  };
  assert.deepEqual(strategicMerge(target, patch, schema), {
    metadata: { finalizers: ['a', 'b'], labels: { y: '2' } },
    spec: {
      containers: [
        {
          name: 'one',
          image: 'i:2',
          env: [
            { name: 'B', value: '2' },
            { name: 'C', value: '3' },
          ],
        },
        { name: 'two', image: 'i:1' },
      ],
      tolerations: [{ key: 'k' }],
    },
  });
});

it('replaces atomic lists and orders the others as it is told', () => {
  const patch = {
    spec: {
      '$setElementOrder/containers': [{ name: 'two' }, { name: 'one' }],
      containers: [{ name: 'two', image: 'i:3' }],
      tolerations: [{ key: 'z' }],
    },
  };
  const patched = strategicMerge(target, patch, schema);
  assert.deepEqual(patched.spec, {
    containers: [{ name: 'two', image: 'i:3' }, target.spec.containers[0]],
    tolerations: [{ key: 'z' }],
  });
});

it('takes items out of lists of scalars, and replaces what it is told to', () => {
  const patch = {
    metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], labels: { $patch: 'replace', z: '1' } },
  };
  assert.deepEqual(strategicMerge(target, patch, schema).metadata, { finalizers: [], labels: { z: '1' } });
});
