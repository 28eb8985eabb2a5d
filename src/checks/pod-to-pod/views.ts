/** What the two ends of a flow saw of each other, held against what Kubernetes promises: no address translation. */
import { sameAddress, socketAddress } from './addresses.ts';
import type { SeenView } from './evidence.ts';
import { failed, type Observed, type Opinion } from './opinion.ts';
import type { Reason } from './reasons.ts';

/**
 * opinionOnViews judges the unexpected views of a question, undefined when there is nothing to say. One view of
 * several flows that did not come again is a warning: rules that are being rewritten translate a packet or two.
 */
export function opinionOnViews(observed: Observed): Opinion | undefined {
  const views = observed.seen.v ?? [];
  const [view] = [...views].sort((one, other) => other[0] - one[0]);
  if (view === undefined) return undefined;
  const times = views.reduce((all, [each]) => all + each, 0);
  const { reason, message } = reading(observed, view);
  if (times > 1 || observed.seen.n <= 1) return failed(reason, message, excerpt(observed, view));
  return {
    outcome: 'Passed',
    reason: 'AsExpected',
    message: '',
    warning: { reason: 'TranslatedOnce', message: `${message}, in one of ${observed.seen.n} flows` },
  };
}

interface Reading {
  readonly reason: Reason;
  readonly message: string;
}

function reading(observed: Observed, view: SeenView): Reading {
  const { asked, target } = observed;
  const [, , localPort, from, peer, peerPort, at, uid, pod, node] = view;
  const local = view[1] || observed.local;
  const source = socketAddress(local, localPort);
  const answerer = `${node || target.node}'s Pod ${at || asked.address}`;
  if (at !== '' && !sameAddress(at, asked.address)) {
    return {
      reason: 'DestinationTranslated',
      message: `${asked.address} was asked and ${node || target.node}'s Pod ${pod || target.pod} got the question at ${at}`,
    };
  }
  if (uid !== '') {
    return {
      reason: 'WrongResponder',
      message: `${asked.address} was answered by Pod ${pod || '(no name)'} (uid ${uid}) on ${node || '(no node)'} where Pod ${target.pod} (uid ${target.uid}) on ${target.node} should answer`,
    };
  }
  if (peer !== '') {
    const seen = socketAddress(peer, peerPort || localPort);
    return { reason: 'AddressTranslated', message: `${answerer} saw ${seen} where ${source} asked` };
  }
  if (from !== '') {
    return {
      reason: 'AddressTranslated',
      message: `the answer came from ${from} where ${asked.address} was asked by ${source}`,
    };
  }
  if (peerPort !== 0) {
    const seen = socketAddress(local, peerPort);
    return { reason: 'PortTranslated', message: `${answerer} saw ${seen} where ${source} asked` };
  }
  return {
    reason: 'AddressMismatch',
    message: `the probe's Pod asked from ${local} where the API gives it ${observed.local || 'no such address'}`,
  };
}

function excerpt(observed: Observed, view: SeenView) {
  const [flows, , localPort, from, peer, peerPort, at, uid, pod, node] = view;
  const { asked, target } = observed;
  const local = view[1] || observed.local;
  return {
    asked: socketAddress(local, localPort),
    seenPeer: socketAddress(peer || local, peerPort || localPort),
    dialled: asked.address,
    answeredAt: at || asked.address,
    answerFrom: from || asked.address,
    answeredBy: `${pod || target.pod} ${uid || target.uid} ${node || target.node}`,
    flows,
    of: observed.seen.n,
  };
}
