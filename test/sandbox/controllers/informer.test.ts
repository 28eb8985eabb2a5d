import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configMap, configMaps, startTestServer, type TestServer } from '../api/test-server.ts';
import type { Client, KubeObject, WatchEvent } from '../client.ts';
import { Informer } from './informer.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('an informer', () => {
  let server: TestServer;
  let admin: Client;
  before(async () => {
    server = await startTestServer();
    ({ admin } = server);
  });
  after(() => server.close());

  const informer = (changed: (event: WatchEvent<KubeObject>, before?: KubeObject) => void = () => {}) =>
    new Informer<KubeObject>(admin, configMaps, changed, {
      selector: { namespace: 'default' },
      group: ({ metadata }) => metadata.labels?.team,
    });
  const grouped = (held: Informer<KubeObject>, team: string) =>
    held.grouped(team).map(({ metadata }) => metadata.name);

  it('holds what there is and what changes, and tells of it with what was before', async () => {
    await admin.create(configMaps, configMap('old'));
    const told: string[] = [];
    const held = informer(({ type, object }, known) =>
      told.push(`${type} ${object.metadata.name} ${known === undefined ? 'new' : 'known'}`),
    );
    await turn();
    told.splice(0, told.length, ...told.filter((line) => line.includes(' old ')));
    await admin.patch(configMaps, 'default', 'old', { data: { a: '1' } });
    await admin.delete(configMaps, 'default', 'old');
    await turn();
    assert.deepEqual(told, ['ADDED old new', 'MODIFIED old known', 'DELETED old known']);
    assert.equal(held.get('default/old'), undefined);
    held.stop();
  });

  it('finds objects by their group, also after they moved to another', async () => {
    const held = informer();
    const labelled = (name: string, team: string) =>
      admin.create(
        configMaps,
        configMap(name, { metadata: { name, namespace: 'default', labels: { team } } }),
      );
    await labelled('one', 'red');
    await labelled('two', 'red');
    await turn();
    assert.deepEqual(grouped(held, 'red'), ['one', 'two']);
    await admin.patch(configMaps, 'default', 'one', { metadata: { labels: { team: 'blue' } } });
    await admin.delete(configMaps, 'default', 'two');
    await turn();
    assert.deepEqual([grouped(held, 'red'), grouped(held, 'blue')], [[], ['one']]);
    held.stop();
  });

  it('sees what its owner has written before the watch tells it', async () => {
    const held = informer();
    await turn();
    held.remember({
      ...configMap('future'),
      metadata: { name: 'future', namespace: 'default', resourceVersion: '999999' },
    });
    assert.equal(held.get('default/future')?.metadata.resourceVersion, '999999');
    held.stop();
  });

  it('does not bring back what is gone, nor go back to what is older', async () => {
    const held = informer();
    const first = await admin.create(configMaps, configMap('gone'));
    await admin.patch(configMaps, 'default', 'gone', { data: { a: '1' } });
    await turn();
    const newer = held.get('default/gone');
    held.remember(first);
    assert.equal(held.get('default/gone'), newer);
    await admin.delete(configMaps, 'default', 'gone');
    await turn();
    held.remember(first);
    assert.equal(held.get('default/gone'), undefined);
    held.stop();
  });
});
