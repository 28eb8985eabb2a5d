/** Server-side apply: merge, prune what the manager no longer wants, find conflicts (structured-merge-diff's Updater). */
import { decodeConfiguration, decodeObject } from './body.ts';
import type { Call } from './call.ts';
import { createObject } from './create.ts';
import type { Answered } from './dispatch.ts';
import { ApiError, badRequest, conflict, invalid, notFound } from './errors.ts';
import { convert } from './event-versions.ts';
import { fieldsOf } from './field-compare.ts';
import { merged, withoutPaths } from './field-merge.ts';
import { difference, emptySet, type FieldSet, intersection, members, pathText, union } from './field-set.ts';
import { equal, isObject, type JsonObject, objectOf, stringOf } from './json.ts';
import { comparison } from './managed-fields.ts';
import { type Manager, managersOf, newManager, ownable, sameManager, withManagers } from './managers.ts';
import type { Schema } from './schema.ts';
import { inVersion, present, type ServerState } from './state.ts';
import { replaceObject } from './update.ts';

function checkOptions(call: Call): void {
  if (call.query.get('fieldManager')) return;
  throw invalid({ group: 'meta.k8s.io', plural: 'patchoptions', kind: 'PatchOptions' }, '', [
    {
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
      field: 'fieldManager',
    },
  ]);
}

function checkConfiguration(call: Call, configuration: JsonObject): void {
  const metadata = objectOf(configuration.metadata);
  if (metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const name = stringOf(metadata.name);
  if (name && name !== call.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${call.name})`);
  }
  const namespace = stringOf(metadata.namespace);
  if (namespace && namespace !== call.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** applyObject answers PATCH with application/apply-patch+yaml. */
export function applyObject(state: ServerState, call: Call): Answered {
  checkOptions(call);
  const schema = state.schemas.of(call.resource);
  if (!isObject(call.body) || !schema) throw badRequest('error decoding patch: the body is no object');
  const configuration = decodeConfiguration(state, call, call.body);
  checkConfiguration(call, configuration);
  const found = present(state, call.resource, call.namespace, call.name);
  const mine = newManager(call, 'Apply', ownable(call, fieldsOf(configuration, schema)));
  if (!found) return create(state, call, configuration, mine);
  const live = inVersion(call.resource, found, convert);
  const next = apply(call, live, configuration, mine, schema);
  const silent: Call = { ...call, query: ignoring(call) };
  const decoded = decodeObject(state, silent, next.object);
  const object = replaceObject(state, call, live, decoded, (_state, _call, admitted) =>
    withManagers(admitted, next.managers(changed(admitted, live))),
  );
  return { code: 200, object };
}

/** Unknown fields were reported when the configuration was decoded. */
function ignoring(call: Call): URLSearchParams {
  const query = new URLSearchParams(call.query);
  query.set('fieldValidation', 'Ignore');
  return query;
}

function changed(object: JsonObject, live: JsonObject): boolean {
  const bare = (value: JsonObject): JsonObject => {
    const { managedFields: _m, resourceVersion: _r, generation: _g, ...metadata } = objectOf(value.metadata);
    return { ...value, metadata };
  };
  return !equal(bare(object), bare(live));
}

function create(state: ServerState, call: Call, configuration: JsonObject, mine: Manager): Answered {
  const uid = stringOf(objectOf(configuration.metadata).uid);
  if (call.subresource !== '') throw notFound(call.resource, call.name);
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(call.resource, call.name, why);
  }
  const { resourceVersion: _, ...given } = objectOf(configuration.metadata);
  const fresh = { ...given, name: call.name };
  const silent: Call = { ...call, query: ignoring(call) };
  const decoded = decodeObject(state, silent, { ...configuration, metadata: fresh });
  const object = createObject(state, call, decoded, (_state, _call, admitted) =>
    withManagers(admitted, [mine]),
  );
  return { code: 201, object };
}

interface Applied {
  object: JsonObject;
  /** managers are the owners afterwards; the time of an apply that changed nothing stays. */
  managers: (changed: boolean) => Manager[];
}

function apply(
  call: Call,
  live: JsonObject,
  configuration: JsonObject,
  mine: Manager,
  schema: Schema,
): Applied {
  const all = managersOf(live);
  const last = all.find((manager) => sameManager(manager, mine));
  const others = all.filter((manager) => manager !== last);
  const whole = objectOf(merged(live, configuration, schema));
  const owned = others.reduce((sum, manager) => union(sum, manager.fields), mine.fields);
  const dropped = difference(last?.fields ?? emptySet(), owned);
  const object = withoutPaths(whole, dropped, owned, schema);
  const change = comparison(call, live, object, schema);
  const touched = union(change.added, change.modified);
  const conflicts = others
    .map((manager) => ({ manager, fields: intersection(manager.fields, touched) }))
    .filter(({ fields }) => members(fields).length > 0);
  if (conflicts.length > 0 && call.query.get('force') !== 'true') throw conflictError(conflicts);
  const left = others.map((manager) => ({
    ...manager,
    fields: difference(difference(manager.fields, touched), change.removed),
  }));
  const managers = (didChange: boolean): Manager[] => {
    const time = !didChange && last ? last.time : mine.time;
    return [...left, { ...mine, time }];
  };
  return { object, managers };
}

function shownManager(manager: Manager): string {
  const name = JSON.stringify(manager.name);
  if (manager.operation === 'Apply') return name;
  const sub = manager.subresource ? ` with subresource ${JSON.stringify(manager.subresource)}` : '';
  return `${name}${sub} using ${manager.apiVersion}`;
}

function conflictError(conflicts: { manager: Manager; fields: FieldSet }[]): ApiError {
  const all = conflicts.flatMap(({ manager, fields }) =>
    members(fields).map((path) => ({ manager: shownManager(manager), path: pathText(path) })),
  );
  const [first] = all;
  const lines = conflicts.flatMap(({ manager, fields }) => [
    `conflicts with ${shownManager(manager)}:`,
    ...members(fields).map((path) => `- ${pathText(path)}`),
  ]);
  const message =
    all.length === 1 && first
      ? `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.path}`
      : `Apply failed with ${all.length} conflicts: ${lines.join('\n')}`;
  const causes = all.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field: path,
  }));
  return new ApiError(409, 'Conflict', message, { causes });
}
