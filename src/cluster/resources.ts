/** The API resources that the operator uses, and nothing about what it does with them. */

/** Resource names one API resource as in a URL; the core group is `''`. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

const resource = (group: string, version: string, plural: string): Resource => ({ group, version, plural });

/** networkAudits is our own kind, cluster-scoped. */
export const networkAudits = resource('netaudit.dev', 'v1alpha1', 'networkaudits');
/** networkAuditRuns is our own kind, cluster-scoped. */
export const networkAuditRuns = resource('netaudit.dev', 'v1alpha1', 'networkauditruns');
export const nodes = resource('', 'v1', 'nodes');
export const pods = resource('', 'v1', 'pods');
/** coreEvents is where Events of other components are read: its field selectors are the ones everyone serves. */
export const coreEvents = resource('', 'v1', 'events');
export const services = resource('', 'v1', 'services');
export const configMaps = resource('', 'v1', 'configmaps');
export const endpointSlices = resource('discovery.k8s.io', 'v1', 'endpointslices');
export const jobs = resource('batch', 'v1', 'jobs');
export const daemonSets = resource('apps', 'v1', 'daemonsets');
export const networkPolicies = resource('networking.k8s.io', 'v1', 'networkpolicies');
export const leases = resource('coordination.k8s.io', 'v1', 'leases');
/** events is where our own Events are written. */
export const events = resource('events.k8s.io', 'v1', 'events');
