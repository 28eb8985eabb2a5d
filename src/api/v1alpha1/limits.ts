/**
 * The bounds of the API that code must know, too. They exist for three reasons: an object must fit into etcd with
 * room to spare, CEL rules are refused when their cost cannot be bounded, and what a user may cost is capped.
 */

/** maxAuditNameLength is CronJob's own bound, for CronJob's own reason: 11 characters are added to name what is made. */
export const maxAuditNameLength = 52;

/** maxRunNameLength lets a run's name be a label value, so that what belongs to a run can be selected by its name. */
export const maxRunNameLength = 63;

/** maxNodeNameLength is the bound of a DNS subdomain: names of nodes. */
export const maxNodeNameLength = 253;

/** maxChecks is how many checks an audit may list. */
export const maxChecks = 16;

/** maxPerRun is how many nodes may probe in one run. */
export const maxPerRun = 200;

/** maxPeersPerNode is how many peers one node may ask in one run. */
export const maxPeersPerNode = 100;

/** maxTargets is how many nodes may be asked in one run: a block of peers, each prober itself, and retries. */
export const maxTargets = 400;

/** maxRetries is how many failed pairs a run may try again beside its turn. */
export const maxRetries = 500;

/** maxSkippedNodes is how many nodes that are not eligible are named; `eligible` and the summary count the rest. */
export const maxSkippedNodes = 200;

/** maxNodeResults is one result for each probing node and place. */
export const maxNodeResults = 400;

/** maxRunFindings is how many findings a run keeps; `findingsOmitted` counts the rest. */
export const maxRunFindings = 500;

/** maxAuditFindings is how many findings an audit shows. */
export const maxAuditFindings = 32;

/** maxSuspects is how many suspects are named. */
export const maxSuspects = 8;

/** maxMessageLength bounds a sentence for people, in characters. */
export const maxMessageLength = 1024;

/** maxEvidenceLength bounds the evidence that a finding shows, in characters. */
export const maxEvidenceLength = 1024;

/** maxRunBytes is the size that a whole run object never exceeds as JSON: a third of what etcd takes by default. */
export const maxRunBytes = 512 * 1024;

/** maxLookups is how many names a check of type DNS may ask for. */
export const maxLookups = 32;

/** maxLookupNameLength is the longest DNS name in text (RFC 1035, 2.3.4), the final dot included. */
export const maxLookupNameLength = 253;

/** maxExpectedRecords is how many records an audit may expect of one name. */
export const maxExpectedRecords = 32;

/** maxDNSServices is how many Services that may be the cluster's DNS a plan lists. */
export const maxDNSServices = 4;

/** maxDNSEndpoints is how many endpoints of a DNS Service a plan lists; a few of them are asked from each node. */
export const maxDNSEndpoints = 100;

/** maxChecksBytes is what all that an audit asks in its checks may take as JSON: every plan and every probe carries it. */
export const maxChecksBytes = 48 * 1024;
