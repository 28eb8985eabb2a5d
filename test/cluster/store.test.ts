import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Store } from '../../src/cluster/store.ts';

describe('a store', () => {
  let now: number;
  let store: Store<string>;
  let changes: string[];
  const entry = (key: string, view: string, uid = `uid-${key}`) => ({ key, uid, view });

  beforeEach(() => {
    now = 0;
    changes = [];
    store = new Store(() => now);
    store.onChange((previous, next) => changes.push(`${previous ?? ''}>${next ?? ''}`));
  });

  it('is synced by its first list, also by an empty one', () => {
    store.upsert(entry('a', 'red'));
    assert.equal(store.synced, false);
    store.replace([], now);
    assert.deepEqual([store.synced, store.size], [true, 0]);
  });

  it('finds by a list what was deleted unseen', () => {
    store.replace([entry('a', 'red'), entry('b', 'blue')], now);
    store.replace([entry('b', 'blue')], now);
    assert.deepEqual(changes, ['>red', '>blue', 'red>']);
  });

  it('tells of a namesake with another uid, even if it looks the same', () => {
    store.replace([entry('a', 'red')], now);
    store.upsert(entry('a', 'red', 'other'));
    assert.deepEqual(changes, ['>red', 'red>red']);
  });

  it('keeps a namesake when the deletion of the one before is told late', () => {
    store.upsert(entry('a', 'red', 'new'));
    store.remove('a', 'old');
    assert.deepEqual(store.views(), ['red']);
  });

  it('has what was written at once, and keeps it through a list that was begun before', () => {
    store.replace([], now);
    now = 10;
    store.wrote(entry('a', 'red'));
    assert.equal(store.get('a'), 'red');
    store.replace([], 5);
    assert.equal(store.get('a'), 'red');
    store.replace([entry('a', 'old')], 5);
    assert.equal(store.get('a'), 'red');
    store.replace([], 11);
    assert.equal(store.get('a'), undefined);
  });

  it('does not go back to what was before a write, when the watch tells of that late', () => {
    store.replace([{ ...entry('a', 'red'), version: '99' }], now);
    store.wrote({ ...entry('a', 'green'), version: '102' });
    store.upsert({ ...entry('a', 'yellow'), version: '101' });
    assert.equal(store.get('a'), 'green');
    store.upsert({ ...entry('a', 'blue'), version: '1000' });
    assert.equal(store.get('a'), 'blue');
    store.upsert({ ...entry('a', 'new', 'another'), version: '3' });
    assert.equal(store.get('a'), 'new');
  });

  it('follows a server that was restored from a backup: what a list says counts, whatever its version', () => {
    store.replace([{ ...entry('a', 'red'), version: '99' }], now);
    now = 10;
    store.replace([{ ...entry('a', 'old'), version: '7' }], now);
    store.upsert({ ...entry('a', 'next'), version: '8' });
    assert.equal(store.get('a'), 'next');
  });

  it('lets go of what it deleted at once, whatever the watch still says of it', () => {
    store.replace([entry('a', 'red'), entry('b', 'blue')], now);
    store.deleted((view) => view === 'red');
    store.upsert(entry('a', 'pink'));
    assert.deepEqual(store.views(), ['blue']);
    store.replace([entry('a', 'pink'), entry('b', 'blue')], now);
    assert.deepEqual(store.views(), ['blue']);
    store.remove('a', 'uid-a');
    store.upsert(entry('a', 'green', 'another'));
    assert.deepEqual(store.views(), ['blue', 'green']);
  });

  it('believes a later list that something deleted is still there', () => {
    store.replace([entry('a', 'red')], now);
    store.deleted(() => true);
    now = 10;
    store.replace([entry('a', 'red')], 10);
    assert.deepEqual(store.views(), ['red']);
  });
});
