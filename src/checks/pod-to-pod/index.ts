/** PodToPod: Pods reach each other, on the same node and across nodes, over TCP and UDP, without NAT. */
import type { Check } from '../check.ts';
import { judge } from './judge.ts';
import { withDefaults } from './options.ts';
import { task } from './plan.ts';

/** podToPod is the kind of check, as the operator sees it. */
export const podToPod: Check = { type: 'PodToPod', place: 'pod', asksPeers: true, withDefaults, task, judge };
