import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isJsonPath, jsonPath } from './json-path.ts';

const object = {
  metadata: { name: 'x', annotations: { 'a.b/c': 'yes' } },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Passed', status: 'False' },
    ],
    list: [1, 2, 3],
  },
};

it('finds what printer columns ask for', () => {
  const cases: [string, unknown[]][] = [
    ['.metadata.name', ['x']],
    ['.metadata.none', []],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Passed')].status", ['False']],
    ['.status.conditions[?(@.type!="Ready")].type', ['Passed']],
    ['.status.conditions[?(@.type=="None")].status', []],
    ['.status.list[*]', [1, 2, 3]],
    ['.status.list[1]', [2]],
    ['.status.list[-1]', [3]],
    ['.metadata.annotations.a\\.b/c', ['yes']],
    [".metadata.annotations['a.b/c']", ['yes']],
    ['.status.conditions[*].type', ['Ready', 'Passed']],
  ];
  for (const [path, want] of cases) assert.deepEqual(jsonPath(object, path), want, path);
});

it('reads no path that it does not understand', () => {
  assert.equal(isJsonPath('.a[?(@.b > 1)]'), false);
  assert.deepEqual(jsonPath(object, '.status.list[?(@ > 1)]'), []);
});
