/** Small nodes of rules written by hand, as iptables-save prints them, and what packets meet on them. */
import {
  type AddressSet,
  emptySet,
  type Family,
  fullSet,
  setOf,
  union,
} from '../../../src/checks/service-rules/address-set.ts';
import { type Destination, entryText } from '../../../src/checks/service-rules/entry.ts';
import type { ProxyConfig } from '../../../src/checks/service-rules/evidence.ts';
import { readIptablesSave } from '../../../src/checks/service-rules/iptables/save.ts';
import type { Ruleset } from '../../../src/checks/service-rules/model.ts';
import { outcomesOf } from '../../../src/checks/service-rules/table/outcomes.ts';
import { type Table, type TableInput, tableOf } from '../../../src/checks/service-rules/table/table.ts';
import { type End, type Flow, type Origin, Tracer } from '../../../src/checks/service-rules/trace/trace.ts';
import { capturedConfig } from './captured-cluster.ts';

/** Tables are rules by table, one a line, without the `-A`; a line that begins with `:` sets a policy. */
export type Tables = Readonly<Partial<Record<'raw' | 'mangle' | 'nat' | 'filter', string>>>;

const builtIn = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
} as const;

/** node is the first address of the nodes here; elsewhere is another of its addresses. */
export const node = '10.99.0.11';
export const elsewhere = '10.244.1.1';

/** save writes rules as iptables-save does; chains that are named are declared. */
export function save(tables: Tables): string {
  const names = ['raw', 'mangle', 'nat', 'filter'] as const;
  return names
    .flatMap((name) => {
      const lines = (tables[name] ?? '').split('\n').map((line) => line.trim());
      const rules = lines.filter((line) => line !== '' && !line.startsWith(':'));
      const policies = new Map(
        lines.filter((line) => line.startsWith(':')).map((line) => [line.split(' ')[0], line]),
      );
      const made = new Set(
        rules.flatMap((rule) => [
          rule.split(' ')[0] ?? '',
          ...(/ -[jg] ([A-Z]+-\S+|[a-z]\S*)/.exec(rule)?.slice(1) ?? []),
        ]),
      );
      for (const chain of builtIn[name]) made.delete(chain);
      return [
        `*${name}`,
        ...builtIn[name].map((chain) => `${policies.get(`:${chain}`) ?? `:${chain} ACCEPT`} [0:0]`),
        ...[...made].sort().map((chain) => `:${chain} - [0:0]`),
        ...rules.map((rule) => `-A ${rule}`),
        'COMMIT',
      ];
    })
    .concat('')
    .join('\n');
}

/** rulesetOf reads such rules. */
export function rulesetOf(tables: Tables, family: Family = 'IPv4'): Ruleset {
  const reading = readIptablesSave(save(tables), 'iptables-nft', family);
  if (reading.kind === 'Unreadable') throw new Error(reading.problem);
  const [ruleset] = reading.rulesets;
  if (ruleset === undefined) throw new Error('no rules');
  return ruleset;
}

/** inputOf is a node with these rules. */
export function inputOf(tables: Tables, changes: Partial<TableInput> = {}): TableInput {
  return {
    ruleset: rulesetOf(tables, changes.family),
    family: 'IPv4',
    primary: node,
    host: [node, elsewhere],
    outInterface: (address) => (address.startsWith('10.244.1.') ? 'cni0' : 'eth0'),
    uplink: 'eth0',
    config: capturedConfig,
    ...changes,
  };
}

/** rowsOf are the rows of a node, each without the family in front. */
export function rowsOf(tables: Tables, changes: Partial<TableInput> = {}): readonly string[] {
  return textsOf(tableOf(inputOf(tables, changes)));
}

/** textsOf are the rows of a table. */
export function textsOf({ rows }: Table): readonly string[] {
  return rows.map(({ entry }) => entryText(entry).slice(2));
}

/** config is a configuration that differs from that of the captures. */
export function config(changes: Partial<ProxyConfig>): ProxyConfig {
  return { ...capturedConfig, ...changes };
}

/** cluster is where packets are sent to in most tests. */
export const cluster: Flow = { address: '10.96.0.5', protocol: 'tcp', port: 80 };

/** tracerOf traces through the rules of a node. */
export function tracerOf(ruleset: Ruleset, pods: AddressSet | undefined = pods4()): Tracer {
  const own = ['127.0.0.0/8', node].reduce(
    (all, each) => union(all, setOf('IPv4', each) ?? all),
    emptySet('IPv4'),
  );
  return new Tracer(ruleset, {
    own,
    primary: node,
    pods,
    outInterface: (address) => (address.startsWith('10.244.1.') ? 'cni0' : 'eth0'),
  });
}

function pods4(): AddressSet | undefined {
  return setOf('IPv4', '10.244.0.0/16');
}

/** entering comes in from outside, over eth0. */
export const entering: Origin = {
  name: 'entering',
  sources: fullSet('IPv4'),
  fromNode: false,
  inInterface: 'eth0',
};

/** fromNode is the node itself. */
export const fromNode: Origin = {
  name: 'node',
  sources: setOf('IPv4', node) ?? fullSet('IPv4'),
  fromNode: true,
  inInterface: '',
};

/** met is what packets to `flow` meet: the outcomes of both origins, as a row writes them. */
export function met(tables: Tables, flow: Flow = cluster, pods?: AddressSet): string {
  const tracer = tracerOf(rulesetOf(tables), pods);
  return outcomesText(tracer.trace(entering, flow), tracer.trace(fromNode, flow));
}

/** outcomesText writes the outcomes of traced packets as a row does. */
export function outcomesText(in_: readonly End[], own: readonly End[]): string {
  const destination: Destination = { family: 'IPv4', kind: 'Address', address: '', protocol: 'tcp', port: 0 };
  const telling = { masquerading: true };
  const entry = {
    destination,
    entering: outcomesOf(in_, { ...telling, whole: false }),
    node: outcomesOf(own, { ...telling, whole: true }),
  };
  return entryText(entry).split('|').slice(1).join('|');
}
