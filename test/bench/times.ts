/** How long a user waits for an audit's verdict, beside what bare Jobs take on the same cluster. */
import { apiVersion, kinds } from '../../src/api/names.ts';
import type { KubeObject } from '../sandbox/client.ts';
import { NETAUDIT_IMAGE } from '../sandbox/node/images.ts';
import { type Figure, median } from './figures.ts';

const repetitions = 7;

/** Asked is how long something takes from its creation, in seconds. */
export interface Asked {
  readonly complete: (name: string) => Promise<number>;
  readonly verdict: (name: string, checks?: readonly Check[]) => Promise<number>;
}

/** Check is an item of `spec.checks`. */
export interface Check {
  readonly name: string;
  readonly type: 'PodToPod' | 'DNS';
}

const pods: Check = { name: 'pods', type: 'PodToPod' };
const names: Check = { name: 'dns', type: 'DNS' };

/** Times are medians, in seconds. */
export interface Times {
  readonly bare: number;
  readonly three: number;
  readonly verdict: number;
  /** withDNS is the verdict of an audit that looks up names as well. */
  readonly withDNS: number;
}

/** timesOf measures again and again, one of each in turn: what disturbs the machine disturbs all of them. */
export async function timesOf({ complete, verdict }: Asked): Promise<Times> {
  await verdict('warm', [pods, names]);
  const bare: number[] = [];
  const three: number[] = [];
  const verdicts: number[] = [];
  const withDNS: number[] = [];
  for (let index = 0; index < repetitions; index += 1) {
    bare.push(await complete(`bare-${index}`));
    const beside = ['a', 'b', 'c'].map((name) => `bare-${index}-${name}`);
    three.push(Math.max(...(await Promise.all(beside.map(complete)))));
    verdicts.push(await verdict(`audit-${index}`));
    withDNS.push(await verdict(`names-${index}`, [pods, names]));
  }
  return { bare: median(bare), three: median(three), verdict: median(verdicts), withDNS: median(withDNS) };
}

/** timeFigures put them beside each other. */
export function timeFigures({ bare, three, verdict, withDNS }: Times): readonly Figure[] {
  return [
    { what: 'One bare Job, from create to Complete', value: bare, unit: 's' },
    { what: 'Three bare Jobs at once, until the last is Complete', value: three, unit: 's' },
    { what: 'An audit, from apply to verdict', value: verdict, unit: 's' },
    { what: 'The audit to one bare Job', value: verdict / bare, unit: 'times', atMost: 1.5 },
    { what: 'The audit to three bare Jobs', value: verdict / three, unit: 'times' },
    { what: 'The audit beyond one bare Job', value: verdict - bare, unit: 's' },
    { what: 'An audit of DNS as well, beyond that of Pods alone', value: withDNS - verdict, unit: 's' },
    { what: 'An audit of DNS as well, to that of Pods alone', value: withDNS / verdict, unit: 'times' },
  ];
}

/** bareJob is a Job with the product's image that does nothing. */
export function bareJob(name: string): KubeObject {
  const command = ['/usr/local/bin/node', '--eval', ''];
  const containers = [{ name: 'bare', image: NETAUDIT_IMAGE, imagePullPolicy: 'IfNotPresent', command }];
  const template = { spec: { restartPolicy: 'Never', containers } };
  const job: KubeObject & { spec: object } = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { template },
  };
  return job;
}

/** auditOf is an audit of these checks with all defaults; without any it is of Pods alone. */
export function auditOf(name: string, checks: readonly Check[] = [pods]): KubeObject {
  const { kind } = kinds.audit;
  const audit: KubeObject & { spec: object } = { apiVersion, kind, metadata: { name }, spec: { checks } };
  return audit;
}
