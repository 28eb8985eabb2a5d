/** Which parts of the table may have changed with the API since the settle window began. */
import { isAfter } from '../../dns/changes.ts';
import { bucketOf } from '../digest.ts';
import type { Destination } from '../entry.ts';
import type { ExpectedRow } from '../expected/row.ts';
import { hasChanged, type Known } from './settling.ts';

/** isChangingBucket tells whether something that has, or had, rows in a bucket changed. */
export function isChangingBucket(bucket: number, expected: Iterable<ExpectedRow>, known: Known): boolean {
  for (const row of expected) if (isChangingRow(row, known)) return true;
  return recentDestinations(known).some((destination) => bucketOf(destination) === bucket);
}

function isChangingRow({ claimants = [], service }: ExpectedRow, { cluster, settledTime }: Known): boolean {
  return [service, ...claimants].some((name) => {
    const view = cluster.services.get(name);
    return view === undefined || hasChanged(view, settledTime);
  });
}

/** recentDestinations are what packets to Services were sent to until within the window, in every form of a row. */
function recentDestinations({ cluster, settledTime }: Known): readonly Destination[] {
  return [...cluster.formerPorts].flatMap(([key, time]): readonly Destination[] => {
    if (!isAfter(time, settledTime)) return [];
    const [address = '', protocol = '', text = ''] = key.split(' ');
    const port = Number(text);
    if (address !== '') {
      const family = address.includes(':') ? 'IPv6' : 'IPv4';
      return [{ family, kind: port === 0 ? 'OtherPorts' : 'Address', address, protocol, port }];
    }
    return families.flatMap((family) => nodePorts.map((kind) => ({ family, kind, address, protocol, port })));
  });
}

const families = ['IPv4', 'IPv6'] as const;
const nodePorts = ['NodePort', 'NodePortElsewhere', 'NodePortLoopback'] as const;
