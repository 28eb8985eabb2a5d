/** What `kubectl apply -k deploy` would send, as objects. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { findKubectl } from '../sandbox/kubectl.ts';

/** root is the project's folder. */
export const root = join(import.meta.dirname, '../..');

/** Manifest is an object of which only what every object has is known. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** render runs the real kustomize over deploy/, with its load restrictions on. */
export async function render(): Promise<readonly Manifest[]> {
  const kubectl = await findKubectl(root, join(root, '.sandbox'));
  if (kubectl === undefined) throw new Error('There is no kubectl on this machine, and none in node_modules');
  return parse(execFileSync(kubectl, ['kustomize', join(root, 'deploy')], { encoding: 'utf8' }));
}

/** read returns the objects of one file of the project. */
export function read(path: string): readonly Manifest[] {
  return parse(readFileSync(join(root, path), 'utf8'));
}

/** at walks into plain data by field and index; undefined where there is nothing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** listAt is the list at a path, empty where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

function parse(text: string): readonly Manifest[] {
  return loadAll(text).map((document) => {
    if (!isManifest(document)) throw new Error(`Not a manifest: ${JSON.stringify(document)}`);
    return document;
  });
}

function isManifest(value: unknown): value is Manifest {
  const texts = [at(value, 'apiVersion'), at(value, 'kind')];
  return texts.every((text) => typeof text === 'string') && typeof at(value, 'metadata') === 'object';
}
