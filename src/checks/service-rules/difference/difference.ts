/** What a difference between the rows that a node must have and those that it has is called, and how it is told. */
import type { Destination } from '../entry.ts';
import type { Reason } from '../reasons.ts';

/** DifferenceReason are the reasons that one row can give. */
export type DifferenceReason = Extract<
  Reason,
  | 'EndpointMissing'
  | 'EndpointStale'
  | 'EndpointWrong'
  | 'ServiceMissing'
  | 'ServiceStale'
  | 'UnevenShares'
  | 'RejectMissing'
  | 'RejectStale'
  | 'NotMasqueraded'
  | 'WronglyMasqueraded'
  | 'AffinityWrong'
  | 'SourceRangesWrong'
  | 'NodePortMissing'
  | 'NodePortStale'
  | 'PacketsTaken'
  | 'RuleNotUnderstood'
>;

/** Difference is one thing that is wrong about one row. */
export interface Difference {
  readonly reason: DifferenceReason;
  readonly destination: Destination;
  /** service is `namespace/name`, absent where no Service has that destination. */
  readonly service?: string;
  /** portName is empty for the unnamed port, absent with `service`. */
  readonly portName?: string;
  /** origins are the packets concerned: those that come in, those from Pods' interfaces, the node's own. */
  readonly origins: readonly Origin[];
  /** what are the endpoints (`ip:port`) concerned, sorted; empty where it is about all packets alike. */
  readonly what: readonly string[];
  /** sentence says it for people, without a final full stop: `10.96.0.10:53 UDP is not sent to 10.244.1.4:53`. */
  readonly sentence: string;
}

/** Origin is where packets come from. */
export type Origin = 'entering' | 'fromPods' | 'node';
