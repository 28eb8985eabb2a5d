import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Client } from '../../src/cluster/client.ts';
import { Connection } from '../../src/cluster/connection.ts';
import { textOf } from '../../src/cluster/json.ts';
import { defaultReflectorOptions, type ReflectorOptions, reflect } from '../../src/cluster/reflector.ts';
import { nodes } from '../../src/cluster/resources.ts';
import { Store } from '../../src/cluster/store.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { until } from '../support/until.ts';

describe('a list that is followed', () => {
  let server: ApiServer;
  let store: Store<string>;
  let stop: AbortController;
  let followed: Promise<void>;
  let restarts: string[];
  let failures: string[];
  let changes: string[];

  before(async () => {
    server = await new ApiServer({ bookmarkMilliseconds: 20 }).listen();
  });
  after(() => server.close());
  beforeEach(() => {
    for (const node of server.objects.all('nodes')) server.objects.delete('nodes', node);
    server.requests.length = 0;
    store = new Store<string>();
    stop = new AbortController();
    [restarts, failures, changes] = [[], [], []];
    store.onChange((previous, next) => changes.push(`${previous ?? ''}>${next ?? ''}`));
  });
  afterEach(async () => {
    stop.abort();
    await followed;
    server.faults.length = 0;
    await until('no watch is left', () => server.watches === 0);
  });

  function follow(options: Partial<ReflectorOptions> = {}): void {
    const client = new Client(new Connection(() => server.kubeConfig()), { timeoutMilliseconds: 200 });
    const source = {
      selection: { resource: nodes },
      store,
      view: ({ color }: { readonly [field: string]: unknown }) =>
        color === 'none' ? undefined : textOf(color),
    };
    followed = reflect(
      client,
      source,
      {
        ...defaultReflectorOptions,
        backoff: { baseMilliseconds: 20, capMilliseconds: 80 },
        settledMilliseconds: 30,
        restarted: (_resource, reason) => restarts.push(reason),
        failed: (_selection, error) => failures.push(String(error)),
        ...options,
      },
      stop.signal,
    );
  }

  const add = (name: string, color: string) => server.objects.create('nodes', undefined, named(name, color));
  const paint = (name: string, color: string) => {
    const present = server.objects.get('nodes', undefined, name);
    server.objects.replace('nodes', present, { ...present, color }, false);
  };
  const remove = (name: string) =>
    server.objects.delete('nodes', server.objects.get('nodes', undefined, name));
  const has = (...colors: string[]) =>
    until(`the store holds ${colors}`, () => store.views().sort().join() === [...colors].sort().join());
  const watching = () => until('it is watched', () => server.watches === 1 && store.synced);

  it('holds what was there, what comes, what changes, and not what goes', async () => {
    add('a', 'red');
    follow();
    await watching();
    add('b', 'blue');
    paint('a', 'green');
    await has('green', 'blue');
    remove('b');
    await has('green');
    assert.deepEqual(changes, ['>red', '>blue', 'red>green', 'blue>']);
  });

  it('tells nobody of a write that leaves the view as it was', async () => {
    add('a', 'red');
    follow();
    await watching();
    paint('a', 'red');
    add('b', 'blue');
    await has('red', 'blue');
    assert.deepEqual(changes, ['>red', '>blue']);
  });

  it('leaves out what its view leaves out, also when it becomes so', async () => {
    add('a', 'none');
    add('b', 'blue');
    follow();
    await has('blue');
    await watching();
    paint('b', 'none');
    await until('it is gone', () => store.size === 0);
  });

  it('reads a long list in pages', async () => {
    for (let index = 0; index < 25; index += 1) add(`n${index}`, `c${index}`);
    follow({ pageSize: 10 });
    await watching();
    assert.equal(store.size, 25);
    assert.equal(server.count('list', 'nodes'), 3);
  });

  it('begins a list anew whose continue token became too old', async () => {
    for (let index = 0; index < 25; index += 1) add(`n${index}`, `c${index}`);
    const compacting = {
      matches: ({ query }: { query: URLSearchParams }) => {
        if (query.has('continue') && server.count('list', 'nodes') === 2) server.objects.compact();
        return false;
      },
      act: 'hang' as const,
    };
    server.faults.push(compacting);
    follow({ pageSize: 10 });
    await watching();
    assert.equal(store.size, 25);
    assert.equal(server.count('list', 'nodes'), 5);
    assert.deepEqual(restarts, ['expired']);
  });

  it('resumes where the server closed the watch, without a list and without loss', async () => {
    follow();
    await watching();
    add('a', 'red');
    await has('red');
    server.endWatches();
    add('b', 'blue');
    await has('red', 'blue');
    assert.equal(server.count('list', 'nodes'), 1);
    assert.equal(restarts[0], 'closed');
    assert.deepEqual(changes, ['>red', '>blue']);
  });

  it('resumes from the last bookmark, not from the last change', async () => {
    follow();
    await watching();
    server.objects.create('pods', 'x', { metadata: { ...named('p', 'x').metadata } });
    const { version } = server.objects;
    await new Promise((resolve) => setTimeout(resolve, 60));
    server.endWatches();
    await until('a second watch', () => server.count('watch', 'nodes') === 2);
    const last = server.requests.findLast(({ verb }) => verb === 'watch');
    assert.equal(last?.query.get('resourceVersion'), String(version));
  });

  it('lists again after a 410, and finds what was deleted meanwhile', async () => {
    add('a', 'red');
    add('b', 'blue');
    follow();
    await watching();
    server.faults.push({ matches: ({ verb }) => verb === 'watch', times: 1, act: { code: 410 } });
    server.endWatches();
    remove('b');
    await has('red');
    assert.equal(server.count('list', 'nodes'), 2);
    assert.deepEqual(changes, ['>red', '>blue', 'blue>']);
  });

  it('lists again after an ERROR event of 410 in the stream', async () => {
    add('a', 'red');
    follow();
    await watching();
    server.objects.compact();
    server.endWatches({ code: 410, reason: 'Expired', message: 'too old resource version' });
    paint('a', 'green');
    await has('green');
    assert.equal(server.count('list', 'nodes'), 2);
    assert.equal(restarts[0], 'expired');
  });

  it('resumes after an ERROR event of 500 in the stream', async () => {
    follow();
    await watching();
    server.endWatches({ code: 500, reason: 'InternalError', message: 'etcd has no leader' });
    add('a', 'red');
    await has('red');
    assert.equal(server.count('list', 'nodes'), 1);
    assert.deepEqual(failures, ['ApiError: etcd has no leader']);
  });

  it('resumes after the connection was reset', async () => {
    follow();
    await watching();
    server.resetWatches();
    add('a', 'red');
    await has('red');
    assert.equal(server.count('list', 'nodes'), 1);
    assert.match(failures[0] ?? '', /ConnectionError: The watch of nodes was cut/);
  });

  it('ends a watch on a half-open connection and goes on with a fresh one', async () => {
    follow({ limits: { timeoutSeconds: 300, silenceMilliseconds: 100 } });
    await watching();
    server.freezeWatches();
    add('a', 'red');
    await has('red');
    assert.deepEqual(restarts, ['silent']);
    assert.equal(server.count('list', 'nodes'), 1);
  });

  it('does not end a watch that only bookmarks keep alive', async () => {
    follow({ limits: { timeoutSeconds: 300, silenceMilliseconds: 100 } });
    await watching();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(restarts, []);
  });

  it('survives a server that answers nothing, and one that answers nonsense', async () => {
    server.faults.push({ matches: () => true, times: 1, act: 'hang' });
    server.faults.push({ matches: () => true, times: 1, act: 'html' });
    server.faults.push({ matches: () => true, times: 1, act: 'cut' });
    server.faults.push({ matches: ({ verb }) => verb === 'watch', times: 1, act: 'html' });
    add('a', 'red');
    follow();
    await watching();
    await has('red');
    assert.equal(failures.length, 4);
  });

  it('waits as long as Retry-After says', async () => {
    server.faults.push({ matches: () => true, times: 1, act: { code: 429, retryAfter: '1' } });
    const began = performance.now();
    follow();
    await watching();
    assert.ok(performance.now() - began >= 1000);
  });

  it('asks seldom while the server is gone, and is back soon after it', async () => {
    follow({ backoff: { baseMilliseconds: 20, capMilliseconds: 200 } });
    await watching();
    await server.leave();
    await until('it failed for a while', () => failures.length >= 6);
    const failed = failures.length;
    await server.listen();
    add('a', 'red');
    await has('red');
    assert.ok(failures.length <= failed + 1);
  });

  it('lists at once when its version is too old after a long outage', async () => {
    follow({ backoff: { baseMilliseconds: 20, capMilliseconds: 5_000 }, settledMilliseconds: 60_000 });
    await watching();
    await server.leave();
    await until('it failed for a while', () => failures.length >= 5);
    server.objects.compact();
    server.requests.length = 0;
    await server.listen();
    await until('it is followed again', () => server.count('watch', 'nodes') === 2);
    const [expired, list] = server.requests;
    assert.ok(expired?.verb === 'watch' && list?.verb === 'list' && list.at - expired.at < 2000);
  });

  it('lists again when watches from its version are refused again and again, whatever the reason', async () => {
    add('a', 'red');
    follow();
    await watching();
    const version = server.requests.findLast(({ verb }) => verb === 'watch')?.query.get('resourceVersion');
    const matches = ({ verb, query }: { verb: string; query: URLSearchParams }) =>
      verb === 'watch' && query.get('resourceVersion') === version;
    server.faults.push({ matches, act: { code: 504 } });
    server.endWatches();
    paint('a', 'green');
    await has('green');
    assert.equal(server.count('list', 'nodes'), 2);
    assert.equal(failures.length, 3);
  });

  it('slows down before a server that knows no version at all', async () => {
    server.faults.push({ matches: ({ verb }) => verb === 'watch', act: { code: 410 } });
    follow({ backoff: { baseMilliseconds: 50, capMilliseconds: 10_000 } });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // A list takes a few milliseconds: without slowing down there would be hundreds.
    assert.ok(server.count('list', 'nodes') <= 25, String(server.count('list', 'nodes')));
  });

  it('slows down before a server that closes each watch at once', async () => {
    server.faults.push({ matches: ({ verb }) => verb === 'watch', act: 'html' });
    follow({ backoff: { baseMilliseconds: 50, capMilliseconds: 10_000 } });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // 25..50 + 50..100 + 100..200 + 200..400 + 400..800: six begin within a second at the most.
    assert.ok(server.count('watch', 'nodes') <= 7, String(server.count('watch', 'nodes')));
    assert.equal(server.count('list', 'nodes'), 1);
  });
});

function named(name: string, color: string) {
  const metadata = {
    name,
    uid: '',
    resourceVersion: '',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return { metadata, color };
}
