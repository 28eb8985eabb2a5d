/** The labels of the metrics about audits: one description each, so that every table says the same of them. */
import type { Label } from './family.ts';

export const audit: Label = { name: 'audit', help: 'name of the NetworkAudit' };
export const check: Label = { name: 'check', help: 'name of the item of `spec.checks`' };
export const type: Label = { name: 'type', help: 'kind of the check, as `PodToPod`' };
export const outcome: Label = { name: 'outcome', help: '`Passed`, `Failed`, `Unknown` or `Skipped`' };
export const node: Label = { name: 'node', help: 'name of the Node' };
export const place: Label = { name: 'place', help: '`pod` or `node`: where the probe ran' };
export const condition: Label = { name: 'condition', help: '`Ready`, `Passed` or `Running`' };
export const status: Label = { name: 'status', help: '`True`, `False` or `Unknown`' };
export const severity: Label = { name: 'severity', help: '`Failed`, `Unknown` or `Warning`' };
export const reason: Label = { name: 'reason', help: "a reason from the check's documented set" };
export const path: Label = {
  name: 'path',
  help: '`ResolvConf`, `Service` or `Endpoints`: the way that the questions took',
};
export const quantile: Label = { name: 'quantile', help: '`0.5`, `0.9` or `1` (the slowest)' };
export const state: Label = { name: 'state', help: '`eligible`, `probed` or `reported`' };
export const kind: Label = { name: 'kind', help: '`Node`, `Pod` or `Service`' };
