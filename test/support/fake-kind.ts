/** A kind of check that any answer passes: for tests of everything around checks. */
import type { Check } from '../../src/checks/check.ts';

/** createFakeKind makes the kind; its task may be made large with `padding` characters. */
export function createFakeKind(padding = 0): Check {
  return {
    type: 'PodToPod',
    place: 'pod',
    asksPeers: true,
    withDefaults: ({ name, type }) => ({
      name,
      type,
      podToPod: { protocols: ['TCP'], peersPerNode: 50, timeoutMilliseconds: 2000 },
    }),
    task: () => ({ padding: 'x'.repeat(padding) }),
    judge: ({ check: { name, type }, reports }) =>
      [...reports].map(([node, report]) => ({
        check: name,
        type,
        outcome: report.kind === 'Answered' ? 'Passed' : report.kind === 'Gone' ? 'Skipped' : 'Unknown',
        reason:
          report.kind === 'Answered' ? 'AsExpected' : report.kind === 'Gone' ? 'NodeGone' : report.reason,
        message: report.kind === 'Answered' ? '' : report.message,
        node,
        subject: node,
      })),
  };
}
