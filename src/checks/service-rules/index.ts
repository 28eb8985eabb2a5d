/** ServiceRules: on every node, what the kernel does with a packet to a Service is what the API says. */
import type { Check } from '../check.ts';
import { judge, wantsLog } from './judge.ts';
import { withDefaults } from './options.ts';
import { task } from './plan.ts';

/** serviceRules is the kind of check, as the operator sees it. */
export const serviceRules: Check = {
  type: 'ServiceRules',
  place: 'node',
  asksPeers: false,
  withDefaults,
  task,
  judge,
  wantsLog,
};
