/** The probe's own list of kinds of checks: what can be carried out on a node. */
import { dnsProbe } from '../checks/dns/probe.ts';
import { podToPodProbe } from '../checks/pod-to-pod/probe.ts';
import type { ProbeKind } from '../checks/probe.ts';
import { serviceRulesProbe } from '../checks/service-rules/probe.ts';

/** kinds holds every kind that the probe can carry out. */
export const kinds: readonly ProbeKind[] = [podToPodProbe, dnsProbe, serviceRulesProbe];
