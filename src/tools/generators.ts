/** Everything in the repository that is generated: a new kind of file is one line here. */
import { type CustomResourceDefinition, crds, definitions } from '../api/crd.ts';
import { kinds } from '../api/names.ts';
import { renderMetricsReference } from '../metrics/reference.ts';
import { renderApiReference } from './api-reference.ts';
import { renderFlagsReference } from './flags-reference.ts';
import { renderRbac } from './rbac.ts';
import { renderReasonsReference } from './reasons-reference.ts';
import { renderYaml } from './yaml.ts';

/** Generator renders one file. It is pure: the same sources give the same bytes. */
export interface Generator {
  /** path is where the file is, from the root of the repository. */
  readonly path: string;
  render(): string;
}

/** generators are all of them, in the order in which they are written. */
export const generators: readonly Generator[] = [
  ...crds.flatMap((crd) => [crdFile('crds', crd), crdFile('deploy/crds', crd)]),
  { path: 'deploy/rbac.yaml', render: () => renderRbac() },
  { path: 'docs/reference/api.md', render: () => renderApiReference(definitions) },
  { path: 'docs/reference/reasons.md', render: () => renderReasonsReference() },
  { path: 'docs/reference/metrics.md', render: () => renderMetricsReference() },
  { path: 'docs/reference/flags.md', render: () => renderFlagsReference() },
];

/** crdFile is a CustomResourceDefinition in a folder, under the plural of its kind. */
export function crdFile(folder: string, crd: CustomResourceDefinition): Generator {
  const names = Object.values(kinds).find(({ plural }) => crd.metadata.name.startsWith(`${plural}.`));
  return { path: `${folder}/${names?.plural ?? crd.metadata.name}.yaml`, render: () => renderYaml(crd) };
}
