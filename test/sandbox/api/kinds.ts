/** The strategies of the built-in kinds, by collection. */
import { crdStrategy } from './kinds/crd.ts';
import { cronJobStrategy, jobStrategy } from './kinds/job.ts';
import { podStrategy } from './kinds/pod.ts';
import * as policy from './kinds/policy.ts';
import * as rbac from './kinds/rbac.ts';
import { serviceStrategy } from './kinds/service.ts';
import * as simple from './kinds/simple.ts';
import * as workload from './kinds/workload.ts';
import type { ApiResource } from './resources.ts';
import type { Strategy } from './strategy.ts';

const strategies: Record<string, Strategy> = {
  '/pods': podStrategy,
  '/services': serviceStrategy,
  '/namespaces': simple.namespaceStrategy,
  '/nodes': simple.nodeStrategy,
  '/configmaps': simple.configMapStrategy,
  '/secrets': simple.secretStrategy,
  '/events': simple.eventStrategy,
  'events.k8s.io/events': simple.newEventStrategy,
  '/resourcequotas': simple.quotaStrategy,
  'batch/jobs': jobStrategy,
  'batch/cronjobs': cronJobStrategy,
  'apps/deployments': workload.deploymentStrategy,
  'apps/replicasets': workload.replicaSetStrategy,
  'apps/daemonsets': workload.daemonSetStrategy,
  'apps/statefulsets': workload.statefulSetStrategy,
  'coordination.k8s.io/leases': simple.leaseStrategy,
  'discovery.k8s.io/endpointslices': simple.endpointSliceStrategy,
  'scheduling.k8s.io/priorityclasses': policy.priorityClassStrategy,
  'networking.k8s.io/networkpolicies': policy.networkPolicyStrategy,
  'networking.k8s.io/ingresses': policy.ingressStrategy,
  'policy/poddisruptionbudgets': policy.disruptionBudgetStrategy,
  'rbac.authorization.k8s.io/roles': rbac.roleStrategy,
  'rbac.authorization.k8s.io/clusterroles': rbac.roleStrategy,
  'rbac.authorization.k8s.io/rolebindings': rbac.bindingStrategy,
  'rbac.authorization.k8s.io/clusterrolebindings': rbac.bindingStrategy,
  'admissionregistration.k8s.io/validatingadmissionpolicies': policy.admissionPolicyStrategy,
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': policy.admissionBindingStrategy,
  'apiextensions.k8s.io/customresourcedefinitions': crdStrategy,
};

const custom: Strategy = { generation: true, freeFinalizers: true };
const none: Strategy = {};

/** strategyOf is the strategy of a resource; custom ones all have the same. */
export function strategyOf(resource: ApiResource): Strategy {
  if (resource.crdVersion) return custom;
  return strategies[`${resource.group}/${resource.plural}`] ?? none;
}
