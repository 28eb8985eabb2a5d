/** What can be changed within one rule of iptables. */
import { type Change, type Destination, following, otherProtocol } from './mutation.ts';
import { borders, ends, nextAddress, resized, shifted } from './ranges.ts';

/** changesOfRule are all changes of one line. names are the table's chains, siblings the lines of the same chain. */
export function changesOfRule(
  line: string,
  table: string,
  names: readonly string[],
  siblings: readonly string[],
): readonly Change<string>[] {
  return [
    ...rangeChanges(line),
    ...portChanges(line),
    ...protocolChanges(line),
    ...targetChanges(line, table, names, siblings),
    ...markChanges(line),
    ...wordChanges(line),
    ...negationChanges(line),
  ];
}

/** destinationsOf are those that a rule asks for, the borders of its range as well. */
function destinationsOf(line: string): readonly Destination[] {
  const [, range] = / -d (\S+)/.exec(line) ?? [];
  const [, protocol] = / -p (\S+)/.exec(line) ?? [];
  const [, port] = / --dport (\d+)/.exec(line) ?? [];
  if (protocol === undefined || port === undefined) return [];
  const addressed = { protocol, port: Number(port) };
  return range === undefined ? [addressed] : ends(range).map((address) => ({ address, ...addressed }));
}

function rangeChanges(line: string): readonly Change<string>[] {
  return [...line.matchAll(/ (-s|-d) (\S+)/g)].flatMap(([whole, option, range = '']) => {
    const change = (kind: 'address' | 'prefix', to: string): Change<string> => {
      const part = line.replace(whole, ` ${option} ${to}`);
      const sources = option === '-s' ? [...borders(range), ...borders(to)] : [];
      return { kind, part, sources, destinations: destinationsOf(part) };
    };
    return [change('address', shifted(range)), ...resized(range).map((to) => change('prefix', to))];
  });
}

function portChanges(line: string): readonly Change<string>[] {
  const [whole, port] = / --dport (\d+)/.exec(line) ?? [];
  const [target, address = '', number] = /--to-destination (\S+):(\d+)/.exec(line) ?? [];
  const changes: Change<string>[] = [];
  if (whole !== undefined) {
    const part = line.replace(whole, ` --dport ${Number(port) + 1}`);
    changes.push({ kind: 'port', part, destinations: destinationsOf(part) });
  }
  if (target !== undefined) {
    const bare = address.replace(/[[\]]/g, '');
    const to = bare.includes(':') ? `[${nextAddress(bare)}]` : nextAddress(bare);
    changes.push({
      kind: 'port',
      part: line.replace(target, `--to-destination ${address}:${Number(number) + 1}`),
    });
    changes.push({ kind: 'address', part: line.replace(target, `--to-destination ${to}:${number}`) });
  }
  return changes;
}

function protocolChanges(line: string): readonly Change<string>[] {
  const [, protocol] = / -p (\S+)/.exec(line) ?? [];
  if (protocol === undefined) return [];
  const other = otherProtocol(protocol);
  const part = line.replace(` -p ${protocol}`, ` -p ${other}`).replace(` -m ${protocol}`, ` -m ${other}`);
  return [{ kind: 'protocol', part, destinations: destinationsOf(part) }];
}

/** What a target can become in each table: REJECT is of filter alone, MASQUERADE and DNAT of nat. */
const otherTargets: Readonly<Record<string, readonly string[]>> = {
  ACCEPT: ['DROP', 'RETURN'],
  DROP: ['ACCEPT', 'REJECT'],
  'REJECT --reject-with icmp-port-unreachable': ['ACCEPT', 'DROP'],
  RETURN: ['ACCEPT'],
  'MASQUERADE --random-fully': ['RETURN', 'ACCEPT'],
};

function targetChanges(
  line: string,
  table: string,
  names: readonly string[],
  siblings: readonly string[],
): readonly Change<string>[] {
  const [whole, target = ''] = / -j (.+)$/.exec(line) ?? [];
  if (whole === undefined) return [];
  const to = (other: string): Change<string> => ({
    kind: 'target',
    part: line.replace(whole, ` -j ${other}`),
  });
  const builtIn = otherTargets[target];
  if (builtIn !== undefined) return builtIn.map(to);
  if (/^(DNAT|MARK) /.test(target)) return [to('RETURN')];
  const [prefix] = /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.exec(target) ?? [];
  const alike = names.filter((name) => prefix !== undefined && name.startsWith(prefix)).sort();
  const own = siblings.flatMap((sibling) => / -j (KUBE-(?:SEP|SVC|EXT)-\S+)$/.exec(sibling)?.[1] ?? []);
  const others = new Set([
    following(alike, target),
    prefix === 'KUBE-SEP-' ? following(own, target) : undefined,
    'KUBE-PROXY-CANARY',
    table === 'nat' ? 'RETURN' : 'DROP',
  ]);
  return [...others].flatMap((other) => (other === undefined || other === target ? [] : to(other)));
}

function markChanges(line: string): readonly Change<string>[] {
  const to = (from: string, other: string): readonly Change<string>[] =>
    line.includes(from) ? [{ kind: 'mark', part: line.replace(from, other) }] : [];
  return [
    ...to('--mark 0x4000/0x4000', '--mark 0x8000/0x8000'),
    ...to('--mark 0x4000/0x4000', '--mark 0x4000/0xc000'),
    ...to('--set-xmark 0x4000/0x4000', '--set-xmark 0x8000/0x8000'),
    ...to('--set-xmark 0x4000/0x4000', '--set-xmark 0x4000/0xffffffff'),
    ...to('--set-xmark 0x4000/0x4000', '--set-xmark 0x0/0x4000'),
    ...to('--set-xmark 0x4000/0x0', '--set-xmark 0x0/0x0'),
  ];
}

function wordChanges(line: string): readonly Change<string>[] {
  const changes: Change<string>[] = [];
  const [probability, share] = /--probability (\S+)/.exec(line) ?? [];
  if (probability !== undefined)
    for (const factor of [0.5, 1.02])
      changes.push({
        kind: 'probability',
        part: line.replace(probability, `--probability ${(Number(share) * factor).toFixed(11)}`),
      });
  const [seconds, number] = /--seconds (\d+)/.exec(line) ?? [];
  if (seconds !== undefined)
    for (const factor of [0.5, 2])
      changes.push({ kind: 'affinity', part: line.replace(seconds, `--seconds ${Number(number) * factor}`) });
  if (line.includes('--name KUBE-SEP'))
    changes.push({ kind: 'affinity', part: line.replace(/--name \S+/, '--name other') });
  const [state] = /--ctstate NEW\b/.exec(line) ?? [];
  if (state !== undefined)
    changes.push({ kind: 'state', part: line.replace(state, '--ctstate ESTABLISHED') });
  if (line.includes('--ctstate INVALID'))
    changes.push({ kind: 'state', part: line.replace('--ctstate INVALID', '--ctstate NEW') });
  return changes;
}

function negationChanges(line: string): readonly Change<string>[] {
  const options = [...line.matchAll(/(! )?(-s|-d|--mark|--dport|--dst-type|--src-type|--ctstate) \S+/g)];
  return options.map(([whole, not]) => ({
    kind: 'negation',
    part: line.replace(whole, not === undefined ? `! ${whole}` : whole.slice(2)),
    sources: [],
  }));
}
