/** DNS: from every node, along every path, names have the right answers. */
import type { Check } from '../check.ts';
import { judge } from './judge.ts';
import { withDefaults } from './options.ts';
import { task } from './plan.ts';

/** dns is the kind of check, as the operator sees it. */
export const dns: Check = { type: 'DNS', place: 'pod', asksPeers: false, withDefaults, task, judge };
