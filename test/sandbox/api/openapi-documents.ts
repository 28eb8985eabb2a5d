/** The OpenAPI v3 documents of the built-in groups: captured files, and written ones for the groups not captured. */
import { composedDocument, describes } from './openapi-composed.ts';
import { fixture, hasFixture } from './resources.ts';

const texts = new Map<string, string>();

/** documentPath is the path below /openapi/v3: `api/v1`, `apis/batch/v1`. */
export function documentPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
}

function fileOf(apiVersion: string): string {
  return `openapi-v3/${documentPath(apiVersion).replaceAll('/', '_')}.json`;
}

/** hasDocument tells whether there is a document, without reading it. */
export function hasDocument(apiVersion: string): boolean {
  return hasFixture(fileOf(apiVersion)) || describes(apiVersion);
}

/** builtInDocument is the text of the document of a built-in group and version, or undefined. */
export function builtInDocument(apiVersion: string): string | undefined {
  const known = texts.get(apiVersion);
  if (known !== undefined) return known;
  const file = fileOf(apiVersion);
  const text = hasFixture(file) ? fixture(file).trimEnd() : composedDocument(apiVersion);
  if (text !== undefined) texts.set(apiVersion, text);
  return text;
}
