/** The Client of the sandbox's own controllers and kubelets: the same calls as over HTTPS, without the wire. */
import type {
  Client,
  DeleteOptions,
  JsonValue,
  KubeObject,
  Resource,
  Selector,
  WatchEvent,
} from '../client.ts';
import { authorize } from './authorization.ts';
import type { Call, User } from './call.ts';
import { checkServed, dispatch } from './dispatch.ts';
import { noSuchPath } from './errors.ts';
import { type JsonObject, objectOf, parseJson, stringOf } from './json.ts';
import type { Snapshots } from './list.ts';
import type { ServerState } from './state.ts';
import { textOf } from './text.ts';
import { type Sent, watchObjects } from './watch.ts';

/** typed hands a copy of stored JSON to a caller under the type that it asked for. */
function typed<T extends KubeObject>(object: JsonObject): T {
  return JSON.parse(textOf(object));
}

function plain(object: KubeObject): JsonObject {
  return objectOf(parseJson(JSON.stringify(object)));
}

/** Recorder writes a request down when it is over. */
export type Recorder = (call: Call, code: number, started: number) => void;

/** InProcessClient answers under one user's name. */
export class InProcessClient implements Client {
  readonly #state: ServerState;
  readonly #user: User;
  readonly #snapshots: Snapshots;
  readonly #record: Recorder;

  constructor(state: ServerState, user: User, snapshots: Snapshots, record: Recorder) {
    this.#state = state;
    this.#user = user;
    this.#snapshots = snapshots;
    this.#record = record;
  }

  #call(resource: Resource, verb: string, parts: Partial<Call>): Call {
    const found = this.#state.resources.find(resource);
    if (!found) throw noSuchPath();
    return {
      user: this.#user,
      verb,
      resource: found,
      subresource: '',
      rest: '',
      namespace: '',
      name: '',
      query: new URLSearchParams(),
      body: undefined,
      contentType: 'application/json',
      userAgent: this.#user.name.split(':').slice(1, 2).join('') || this.#user.name,
      warnings: [],
      ...parts,
    };
  }

  #answer(call: Call) {
    const started = performance.now();
    let code = 500;
    try {
      checkServed(call);
      const answered = dispatch(this.#state, call, this.#snapshots);
      code = answered.code;
      return answered;
    } catch (error) {
      code = codeOf(error);
      throw error;
    } finally {
      this.#record(call, code, started);
    }
  }

  #object(call: Call): JsonObject {
    return this.#answer(call).object ?? {};
  }

  async get<T extends KubeObject>(resource: Resource, namespace: string, name: string): Promise<T> {
    return typed(this.#object(this.#call(resource, 'get', { namespace, name })));
  }

  async list<T extends KubeObject>(resource: Resource, selector: Selector = {}) {
    const page = this.#answer(this.#call(resource, 'list', selecting(selector))).page;
    const items = (page?.items ?? []).map((item) => typed<T>(item));
    return { items, resourceVersion: stringOf(page?.metadata.resourceVersion) };
  }

  async create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const namespace = object.metadata.namespace ?? '';
    return typed(this.#object(this.#call(resource, 'create', { namespace, body: plain(object) })));
  }

  async update<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    return this.#replace(resource, object, '');
  }

  async updateStatus<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    return this.#replace(resource, object, 'status');
  }

  #replace<T extends KubeObject>(resource: Resource, object: T, subresource: string): T {
    const { namespace = '', name = '' } = object.metadata;
    return typed(
      this.#object(this.#call(resource, 'update', { namespace, name, subresource, body: plain(object) })),
    );
  }

  async patch<T extends KubeObject>(
    resource: Resource,
    namespace: string,
    name: string,
    patch: JsonValue,
    subresource = '',
  ): Promise<T> {
    const contentType = 'application/merge-patch+json';
    const body = parseJson(JSON.stringify(patch));
    return typed(
      this.#object(this.#call(resource, 'patch', { namespace, name, subresource, body, contentType })),
    );
  }

  async delete(
    resource: Resource,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const body = objectOf(parseJson(JSON.stringify(options)));
    this.#answer(this.#call(resource, 'delete', { namespace, name, body }));
  }

  async bind(namespace: string, pod: string, node: string): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: pod, namespace },
      target: { kind: 'Node', name: node },
    };
    const pods = { group: '', version: 'v1', plural: 'pods' };
    this.#answer(this.#call(pods, 'create', { namespace, name: pod, subresource: 'binding', body }));
  }

  watch<T extends KubeObject>(
    resource: Resource,
    selector: Selector,
    handler: (event: WatchEvent<T>) => void,
  ): () => void {
    const call = this.#call(resource, 'watch', selecting(selector));
    authorize(this.#state, call);
    const queue: Sent[] = [];
    let open = true;
    let scheduled = false;
    const drain = () => {
      scheduled = false;
      for (let sent = queue.shift(); sent && open; sent = queue.shift()) {
        if (sent.type === 'BOOKMARK' || sent.type === 'ERROR') continue;
        handler({ type: sent.type, object: typed<T>(sent.object) });
      }
    };
    const emit = (sent: Sent) => {
      queue.push(sent);
      if (!scheduled) queueMicrotask(drain);
      scheduled = true;
    };
    const { stop } = watchObjects(this.#state, call, emit, () => {});
    return () => {
      open = false;
      stop();
    };
  }
}

function codeOf(error: unknown): number {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : 500;
}

function selecting(selector: Selector): Partial<Call> {
  const query = new URLSearchParams();
  if (selector.labelSelector) query.set('labelSelector', selector.labelSelector);
  if (selector.fieldSelector) query.set('fieldSelector', selector.fieldSelector);
  return { namespace: selector.namespace ?? '', query };
}
