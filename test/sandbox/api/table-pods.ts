/** What `kubectl get pods` says of a Pod (printPod in pkg/printers/internalversion). */
import { humanDuration } from './durations.ts';
import { at, isObject, type JsonObject, numberOf, objectOf, objectsOf, stringOf } from './json.ts';

function statuses(object: JsonObject, list: string): JsonObject[] {
  return objectsOf(at(object, 'status', list));
}

function sidecars(object: JsonObject): string[] {
  const all = objectsOf(at(object, 'spec', 'initContainers'));
  return all.filter((item) => item.restartPolicy === 'Always').map((item) => stringOf(item.name));
}

/** podReady is ready containers out of all, restartable init containers among them. */
export function podReady(object: JsonObject): string {
  const restartable = sidecars(object);
  const inits = statuses(object, 'initContainerStatuses').filter((item) =>
    restartable.includes(stringOf(item.name)),
  );
  const ready = [...inits, ...statuses(object, 'containerStatuses')].filter(
    (item) => item.ready === true && isObject(at(item, 'state', 'running')),
  );
  return `${ready.length}/${objectsOf(at(object, 'spec', 'containers')).length + restartable.length}`;
}

/** podRestarts counts restarts and says when the last one was. */
export function podRestarts(object: JsonObject): string {
  const all = [...statuses(object, 'containerStatuses')];
  const count = all.reduce((sum, item) => sum + (numberOf(item.restartCount) ?? 0), 0);
  const ends = all
    .map((item) => Date.parse(stringOf(at(item, 'lastState', 'terminated', 'finishedAt'))))
    .filter((time) => !Number.isNaN(time));
  return count > 0 && ends.length > 0
    ? `${count} (${humanDuration(Date.now() - Math.max(...ends))} ago)`
    : String(count);
}

function terminated(state: JsonObject): string {
  const reason = stringOf(state.reason);
  if (reason) return reason;
  const signal = numberOf(state.signal) ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberOf(state.exitCode) ?? 0}`;
}

function initReason(object: JsonObject): string | undefined {
  const all = statuses(object, 'initContainerStatuses');
  const restartable = sidecars(object);
  const total = objectsOf(at(object, 'spec', 'initContainers')).length;
  for (const [index, item] of all.entries()) {
    const ended = at(item, 'state', 'terminated');
    if (isObject(ended) && ended.exitCode === 0) continue;
    if (restartable.includes(stringOf(item.name)) && item.started === true) continue;
    if (isObject(ended)) return `Init:${terminated(ended)}`;
    const waiting = stringOf(at(item, 'state', 'waiting', 'reason'));
    return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function containerReason(object: JsonObject, start: string): string {
  let reason = start;
  let running = false;
  for (const item of statuses(object, 'containerStatuses').reverse()) {
    const waiting = stringOf(at(item, 'state', 'waiting', 'reason'));
    const ended = at(item, 'state', 'terminated');
    if (waiting) reason = waiting;
    else if (isObject(ended)) reason = terminated(ended);
    else if (item.ready === true && isObject(at(item, 'state', 'running'))) running = true;
  }
  if (reason !== 'Completed' || !running) return reason;
  const ready = objectsOf(at(object, 'status', 'conditions')).some(
    (item) => item.type === 'Ready' && item.status === 'True',
  );
  return ready ? 'Running' : 'NotReady';
}

/** podStatus is the one word that stands for a Pod. */
export function podStatus(object: JsonObject): string {
  const status = objectOf(object.status);
  const start = stringOf(status.reason) || stringOf(status.phase);
  const gated = objectsOf(status.conditions).some(
    (item) => item.type === 'PodScheduled' && item.reason === 'SchedulingGated',
  );
  const init = initReason(object);
  const reason = gated ? 'SchedulingGated' : (init ?? containerReason(object, start));
  if (at(object, 'metadata', 'deletionTimestamp') === undefined) return reason;
  if (status.reason === 'NodeLost') return 'Unknown';
  return status.phase === 'Failed' || status.phase === 'Succeeded' ? reason : 'Terminating';
}
