import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, afterEach, before, describe, it } from 'node:test';
import type { KubeObject, WatchEvent } from '../client.ts';
import { type JsonObject, objectOf, parseJson } from './json.ts';
import {
  configMap,
  configMaps,
  member,
  refusal,
  settled,
  startTestServer,
  type TestServer,
} from './test-server.ts';

const path = '/api/v1/namespaces/default/configmaps';

/** Stream is an open watch: its events so far, and whether it ended. */
interface Stream {
  code: number;
  events: JsonObject[];
  ended: boolean;
  close: () => void;
}

function open(test: TestServer, query: string, accept = 'application/json'): Promise<Stream> {
  const token = test.server.serviceAccountToken('kube-system', 'root');
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept };
    const sent = request(
      new URL(`${path}?watch=true&${query}`, test.server.url),
      { ca: test.server.caPem, headers, agent: false },
      (response) => {
        const stream: Stream = {
          code: response.statusCode ?? 0,
          events: [],
          ended: false,
          close: () => sent.destroy(),
        };
        let rest = '';
        response.on('data', (part: Buffer) => {
          const lines = (rest + part.toString()).split('\n');
          rest = lines.pop() ?? '';
          stream.events.push(...lines.map((line) => objectOf(parseJson(line))));
        });
        response.on('end', () => {
          stream.ended = true;
        });
        response.on('error', () => {
          stream.ended = true;
        });
        resolve(stream);
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

const told = (stream: Stream) =>
  stream.events.map((event) => [event.type, member(event, 'object', 'metadata', 'name')]);

describe('watches', () => {
  let test: TestServer;
  const streams: Stream[] = [];
  before(async () => {
    test = await startTestServer({ eventWindow: 50 });
  });
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.close();
    const names = (await test.admin.list(configMaps, { namespace: 'default' })).items.map(
      (item) => item.metadata.name ?? '',
    );
    for (const name of names)
      if (name !== 'kube-root-ca.crt') await test.admin.delete(configMaps, 'default', name);
  });
  after(() => test.close());
  const watch = async (query: string, accept?: string) => {
    const stream = await open(test, `fieldSelector=metadata.name!=kube-root-ca.crt&${query}`, accept);
    streams.push(stream);
    return stream;
  };

  it('send their headers at once, before there is anything to say', async () => {
    const stream = await watch('timeoutSeconds=1');
    assert.equal(stream.code, 200);
    await settled(async () => stream.ended);
    assert.deepEqual(stream.events, []);
  });

  it('begin with what is there when no version is given, and go on from a version that is', async () => {
    const first = await test.admin.create(configMaps, configMap('a'));
    const all = await watch('');
    const later = await watch(`resourceVersion=${first.metadata.resourceVersion}`);
    await test.admin.patch(configMaps, 'default', 'a', { data: { x: '1' } });
    await test.admin.delete(configMaps, 'default', 'a');
    await settled(async () => all.events.length === 3 && later.events.length === 2);
    assert.deepEqual(told(all), [
      ['ADDED', 'a'],
      ['MODIFIED', 'a'],
      ['DELETED', 'a'],
    ]);
    assert.deepEqual(told(later), [
      ['MODIFIED', 'a'],
      ['DELETED', 'a'],
    ]);
    assert.equal(member(all.events[2] ?? {}, 'object', 'data', 'x'), '1');
  });

  it('with initial events end them by a bookmark', async () => {
    await test.admin.create(configMaps, configMap('a'));
    const stream = await watch(
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    );
    await settled(async () => stream.events.length === 2);
    const [, bookmark = {}] = stream.events;
    assert.equal(bookmark.type, 'BOOKMARK');
    assert.equal(member(bookmark, 'object', 'kind'), 'ConfigMap');
    assert.deepEqual(member(bookmark, 'object', 'metadata', 'annotations'), {
      'k8s.io/initial-events-end': 'true',
    });
  });

  it('see an object come and go when it begins and ceases to match', async () => {
    await test.admin.create(configMaps, configMap('a'));
    const stream = await watch('labelSelector=on');
    await test.admin.patch(configMaps, 'default', 'a', { metadata: { labels: { on: 'yes' } } });
    await test.admin.patch(configMaps, 'default', 'a', { metadata: { labels: { more: 'yes' } } });
    await test.admin.patch(configMaps, 'default', 'a', { metadata: { labels: { on: null } } });
    await settled(async () => stream.events.length === 3);
    assert.deepEqual(told(stream), [
      ['ADDED', 'a'],
      ['MODIFIED', 'a'],
      ['DELETED', 'a'],
    ]);
    assert.deepEqual(member(stream.events[2] ?? {}, 'object', 'metadata', 'labels'), {
      on: 'yes',
      more: 'yes',
    });
  });

  it('answer 410 where the history does not reach', async () => {
    const first = await test.admin.create(configMaps, configMap('a'));
    test.server.faults.compact();
    await test.admin.patch(configMaps, 'default', 'a', { data: { x: '1' } });
    test.server.faults.compact();
    const stream = await watch(`resourceVersion=${first.metadata.resourceVersion}`);
    await settled(async () => stream.ended);
    assert.deepEqual(
      stream.events.map((event) => [
        event.type,
        member(event, 'object', 'code'),
        member(event, 'object', 'reason'),
      ]),
      [['ERROR', 410, 'Expired']],
    );
  });

  it('forget no more than the window says', async () => {
    const first = await test.admin.create(configMaps, configMap('a'));
    for (let count = 0; count < 45; count++)
      await test.admin.patch(configMaps, 'default', 'a', { data: { x: `${count}` } });
    const near = await watch(`resourceVersion=${first.metadata.resourceVersion}`);
    await settled(async () => near.events.length === 45);
    for (let count = 0; count < 120; count++)
      await test.admin.patch(configMaps, 'default', 'a', { data: { y: `${count}` } });
    const far = await watch(`resourceVersion=${first.metadata.resourceVersion}`);
    await settled(async () => far.ended);
    assert.equal(member(far.events[0] ?? {}, 'object', 'code'), 410);
  });

  it('show Tables, with the columns once', async () => {
    const stream = await watch('', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json');
    await test.admin.create(configMaps, configMap('a', { data: { x: '1' } }));
    await test.admin.create(configMaps, configMap('b'));
    await settled(async () => stream.events.length === 2);
    const [first = {}, second = {}] = stream.events;
    const cells = member(first, 'object', 'rows', 0, 'cells');
    assert.ok(Array.isArray(cells));
    const [name, data, age] = cells;
    assert.deepEqual([name, data], ['a', '1']);
    assert.match(String(age), /^\d+s$/);
    assert.equal(member(first, 'object', 'columnDefinitions', 1, 'name'), 'Data');
    assert.equal(member(second, 'object', 'columnDefinitions'), null);
  });

  it('are cut by a fault, and can be resumed', async () => {
    const stream = await watch('');
    const made = await test.admin.create(configMaps, configMap('a'));
    await settled(async () => stream.events.length === 1);
    test.server.faults.closeWatches();
    await settled(async () => stream.ended);
    await test.admin.create(configMaps, configMap('b'));
    const resumed = await watch(`resourceVersion=${made.metadata.resourceVersion}`);
    await settled(async () => resumed.events.length === 1);
    assert.deepEqual(told(resumed), [['ADDED', 'b']]);
  });

  it('that are ended are told nothing more, though their clients have not gone yet', async () => {
    const stream = await watch('');
    test.server.faults.closeWatches();
    await test.admin.create(configMaps, configMap('late'));
    await settled(async () => stream.ended);
    assert.deepEqual(told(stream), []);
  });

  it('in process deliver in order, even what their own handler does', async () => {
    const seen: string[] = [];
    const handler = (event: WatchEvent<KubeObject>) => {
      seen.push(`${event.type} ${event.object.metadata.name}`);
      if (event.type === 'ADDED' && event.object.metadata.name === 'a')
        void test.admin.create(configMaps, configMap('b'));
    };
    const stop = test.admin.watch(
      configMaps,
      { namespace: 'default', fieldSelector: 'metadata.name!=kube-root-ca.crt' },
      handler,
    );
    await test.admin.create(configMaps, configMap('a'));
    await test.admin.delete(configMaps, 'default', 'a');
    await settled(async () => seen.length === 3);
    stop();
    assert.deepEqual(
      seen,
      ['ADDED a', 'ADDED b', 'DELETED a'].sort((x, y) => seen.indexOf(x) - seen.indexOf(y)),
    );
    assert.equal(seen[0], 'ADDED a');
  });
});

describe('lists', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await test.admin.create(
        configMaps,
        configMap(name, {
          metadata: { name, namespace: 'default', labels: { page: name < 'd' ? 'one' : 'two' } },
        }),
      );
    }
  });
  after(() => test.close());
  const names = (list: JsonObject) =>
    (Array.isArray(list.items) ? list.items : []).map((item) => member(objectOf(item), 'metadata', 'name'));

  it('come in pages of one snapshot', async () => {
    const first = (await test.ask(`${path}?limit=2`)).json;
    assert.deepEqual(names(first), ['a', 'b']);
    assert.equal(member(first, 'metadata', 'remainingItemCount'), 4);
    await test.admin.create(configMaps, configMap('bb'));
    const token = String(member(first, 'metadata', 'continue'));
    const second = (await test.ask(`${path}?limit=9&continue=${token}`)).json;
    assert.deepEqual(names(second), ['c', 'd', 'e', 'kube-root-ca.crt']);
    assert.equal(member(second, 'metadata', 'resourceVersion'), member(first, 'metadata', 'resourceVersion'));
    await test.admin.delete(configMaps, 'default', 'bb');
  });

  it('expire with the history', async () => {
    const first = (await test.ask(`${path}?limit=2`)).json;
    test.server.faults.compact();
    const late = await test.ask(`${path}?limit=2&continue=${String(member(first, 'metadata', 'continue'))}`);
    assert.equal(late.code, 410);
    assert.equal(late.json.reason, 'Expired');
  });

  it('select by labels and fields, and leave out kind and apiVersion of built-in items', async () => {
    const list = (await test.ask(`${path}?labelSelector=page%20in%20(two)&resourceVersion=0`)).json;
    assert.deepEqual(names(list), ['d', 'e']);
    assert.equal(list.kind, 'ConfigMapList');
    assert.equal(member(list, 'items', 0, 'kind'), undefined);
    assert.equal((await test.ask(`${path}?fieldSelector=data.x=1`)).code, 400);
  });

  it('delete as collections, by selector', async () => {
    const answer = await test.ask(`${path}?labelSelector=page=two`, { method: 'DELETE' });
    assert.equal(answer.code, 200);
    assert.deepEqual(names((await test.ask(path)).json), ['a', 'b', 'c', 'kube-root-ca.crt']);
    const gone = await refusal(test.admin.get(configMaps, 'default', 'e'));
    assert.equal(gone.code, 404);
  });
});
