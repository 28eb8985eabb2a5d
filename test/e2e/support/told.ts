/** What a run tells, in so far as it must be the same on every cluster: no addresses, no times, no order of equals. */
import type { NetworkAuditRun, Severity } from '../../../src/api/v1alpha1/index.ts';

/** ToldFinding is a finding without its words. */
export interface ToldFinding {
  readonly severity: Severity;
  readonly reason: string;
  readonly subject: string;
}

/** Told is the whole of what a run found. */
export interface Told {
  readonly outcome: string;
  readonly findings: readonly ToldFinding[];
  readonly suspects: readonly { readonly kind: string; readonly name: string }[];
}

/** sound is what a run tells of a healthy network. */
export const sound: Told = { outcome: 'Passed', findings: [], suspects: [] };

/** toldBy reduces a run to what it found; a finding that is not about a pair is named by its node. */
export function toldBy({ status }: NetworkAuditRun): Told {
  const findings = (status?.findings ?? []).map(({ severity, reason, subject, node }) => ({
    severity,
    reason,
    subject: subject ?? node,
  }));
  return {
    outcome: status?.outcome ?? '',
    findings: inOrder(findings),
    suspects: (status?.suspects ?? []).map(({ kind, name }) => ({ kind, name })),
  };
}

/** broken is what a run must tell of a network with these failures, and with one node or none to blame. */
export function broken(failures: readonly ToldFinding[], suspect?: string): Told {
  return {
    outcome: 'Failed',
    findings: inOrder(failures),
    suspects: suspect === undefined ? [] : [{ kind: 'Node', name: suspect }],
  };
}

/** Questions are what was asked from one node to another: protocols and families that are left out are all there are. */
export interface Questions {
  readonly protocols?: readonly string[];
  readonly families?: readonly string[];
}

/** failures are the findings of one reason on ordered pairs: one for each protocol and family. */
export function failures(
  reason: string,
  pairs: readonly (readonly [from: string, to: string])[],
  { protocols = ['TCP', 'UDP'], families = ['IPv4'] }: Questions = {},
): readonly ToldFinding[] {
  return pairs.flatMap(([from, to]) =>
    families.flatMap((family) =>
      protocols.map((protocol) => ({
        severity: 'Failed' as const,
        reason,
        subject: `${from} → ${to} ${protocol} ${family}${from === to ? ' (same node)' : ''}`,
      })),
    ),
  );
}

function inOrder(findings: readonly ToldFinding[]): readonly ToldFinding[] {
  const key = ({ severity, reason, subject }: ToldFinding) => `${severity} ${reason} ${subject}`;
  return [...findings].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}
