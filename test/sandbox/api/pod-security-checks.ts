/** What the checks of the Pod Security Standards have in common. */
import { at, type JsonObject, objectsOf, stringOf } from './json.ts';

/** Violation is one check that a Pod does not pass. */
export interface Violation {
  reason: string;
  detail: string;
}

/** containersOf are all containers of a PodSpec, of every kind. */
export function containersOf(spec: JsonObject): JsonObject[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => objectsOf(spec[list]));
}

/** quoted lists names in quotes. */
export function quoted(names: string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}

/** named says `container "a"` or `containers "a", "b"`. */
export function named(containers: JsonObject[]): string {
  return `${containers.length === 1 ? 'container' : 'containers'} ${quoted(containers.map((item) => stringOf(item.name)))}`;
}

/** context reads a container's securityContext. */
export function context(container: JsonObject, ...path: string[]) {
  return at(container, 'securityContext', ...path);
}

/** Check finds violations of one rule. */
export type Check = (spec: JsonObject) => Violation[];

/** all runs checks in order. */
export function all(checks: Check[], spec: JsonObject): Violation[] {
  return checks.flatMap((check) => check(spec));
}
