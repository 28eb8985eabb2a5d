/** The API `netaudit.dev/v1alpha1`: its types, and the schemas that they come from. */
export {
  type CheckSpec,
  type CheckType,
  checkTypes,
  type PlannedCheck,
  type PodToPodOptions,
  type PodToPodSpec,
  podToPodOptions,
} from './checks.ts';
export type { Condition } from './condition.ts';
export {
  type AuditConditionType,
  type ConditionType,
  conditionTypes,
  type RunConditionType,
} from './conditions.ts';
export type { DNSSpec } from './dns.ts';
export { type DNSPath, dnsPaths, type RecordType, recordTypes } from './dns-fields.ts';
export type { DNSLookup, DNSOptions, DNSService } from './dns-options.ts';
export { bytesOf, fitPlan, fitRunStatus } from './fit.ts';
export * from './limits.ts';
export type {
  NetworkAudit,
  NetworkAuditRun,
  NewNetworkAuditRun,
  NewObjectMeta,
  ObjectMeta,
  OwnerReference,
} from './objects.ts';
export { type Plan, type PlannedNode, plan, type Retry, type SkippedNode, type Target } from './plan.ts';
export {
  type ConditionReason,
  conditionReasons,
  type ReasonOf,
  type SkippedNodeReason,
  skippedNodeReasons,
  summaryReasons,
} from './reasons.ts';
export {
  type CheckSummary,
  type Finding,
  type Severity,
  type Summary,
  type Suspect,
  suspectKinds,
} from './results.ts';
export {
  type Matrix,
  type NetworkAuditRunSpec,
  type NetworkAuditRunStatus,
  type NodeResult,
  runSpec,
  runStatus,
} from './run.ts';
export type { Outcome, RunOutcome, Time } from './scalars.ts';
export type { LabelSelector } from './selector.ts';
export type { ServiceRulesOptions, ServiceRulesSpec } from './service-rules.ts';
export { auditSpec, type NetworkAuditSpec } from './spec.ts';
export { auditStatus, type NetworkAuditStatus } from './status.ts';
