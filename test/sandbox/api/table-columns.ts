/** The columns of every built-in kind. */
import type { ApiResource } from './resources.ts';
import { clusterPrinters } from './table-cluster.ts';
import type { Printer } from './table-column.ts';
import { workloadPrinters } from './table-workloads.ts';

/** printerOf is the columns of a built-in resource; undefined where they are name and age. */
export function printerOf(resource: ApiResource): Printer | undefined {
  const key = `${resource.group}/${resource.plural}`;
  return workloadPrinters[key] ?? clusterPrinters[key];
}
