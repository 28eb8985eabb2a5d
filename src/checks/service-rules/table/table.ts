/** The table of a node: what packets to each destination that kube-proxy's rules know meet, in the form that is judged. */
import { type AddressSet, boundOf, emptySet, type Family, fullSet, setOf, union } from '../address-set.ts';
import { type Destination, type Entry, entryText, type Outcome } from '../entry.ts';
import type { Guard, ProxyConfig } from '../evidence.ts';
import type { Ruleset } from '../model.ts';
import { elsewhereOf, withoutConfig } from '../node-facts.ts';
import { missingJumpsOf } from '../trace/jumps.ts';
import { type End, type Origin, Tracer } from '../trace/trace.ts';
import { destinationsOf, type Known } from './destinations.ts';
import { outcomesOf } from './outcomes.ts';
import { guardsOf, rulesOf } from './rules.ts';

/** TableInput is a node's rules of one family, and what must be known of the node to follow packets through them. */
export interface TableInput {
  readonly ruleset: Ruleset;
  readonly family: Family;
  /** primary is the node's first address. */
  readonly primary?: string;
  /** host are all its own addresses, without loopback. */
  readonly host: readonly string[];
  /** outInterface is where packets to an address leave the node; undefined where that is not known. */
  readonly outInterface: (address: string) => string | undefined;
  /** uplink is the interface over which packets from outside come in. */
  readonly uplink?: string;
  /** config is kube-proxy's own; without it, less is told. */
  readonly config?: ProxyConfig;
  /** podInterface is one over which Pods' packets come in. */
  readonly podInterface?: string;
}

/** Row is one row with the rules behind it. */
export interface TableRow {
  readonly entry: Entry;
  readonly rules: readonly string[];
}

/** Table is what was found. */
export interface Table {
  readonly rows: readonly TableRow[];
  readonly guards: readonly Guard[];
  readonly foreign: readonly Guard[];
  readonly missingJumps: readonly string[];
}

/** tableOf traces packets to every destination that kube-proxy's rules know. */
export function tableOf(input: TableInput): Table {
  const tracing = new Tracing(input);
  const { services, nodePorts, addresses } = destinationsOf(input.ruleset);
  const { family } = input;
  const port = unusedPort(services, nodePorts);
  for (const address of addresses) {
    tracing.row(
      { family, kind: 'OtherPorts', address, protocol: 'tcp', port: 0 },
      { address, protocol: 'tcp', port },
    );
  }
  for (const known of services) tracing.row({ ...known, family, kind: 'Address' }, known);
  for (const known of nodePorts) tracing.nodePort(known);
  return {
    rows: tracing.rows,
    guards: guardsOf([...tracing.tracer.guards].map(([rule, { size }]) => ({ rule, count: size }))),
    foreign: guardsOf([...tracing.foreign].map(([rule, count]) => ({ rule, count }))),
    missingJumps: missingJumpsOf(input.ruleset),
  };
}

class Tracing {
  readonly rows: TableRow[] = [];
  readonly foreign = new Map<string, number>();
  /** minded are the addresses of which unused ports have a row. */
  readonly minded = new Set<string>();
  readonly tracer: Tracer;
  private readonly input: TableInput;
  private readonly entering: Origin;
  private readonly fromPods: Origin | undefined;
  private readonly nodes = new Map<string, Origin>();

  constructor(input: TableInput) {
    this.input = input;
    const { ruleset, family, config, primary, outInterface } = input;
    this.tracer = new Tracer(ruleset, { own: ownOf(input), primary, pods: podsOf(input), outInterface });
    const alone = setOf(family, withoutConfig[family]);
    const sources = config === undefined && alone !== undefined ? alone : fullSet(family);
    this.entering = { name: 'entering', sources, fromNode: false, inInterface: input.uplink };
    const podInterface = podInterfaceOf(input);
    this.fromPods =
      podInterface === undefined
        ? undefined
        : { name: 'fromPods', sources, fromNode: false, inInterface: podInterface };
  }

  /** nodePort makes the rows of a NodePort. */
  nodePort({ protocol, port }: Known): void {
    const { family, primary, host, config } = this.input;
    const at = (kind: Destination['kind'], address: string | undefined): void => {
      if (address === undefined) return;
      this.row({ family, kind, address: '', protocol, port }, { address, protocol, port });
    };
    at('NodePort', primary);
    if (config === undefined) return;
    at('NodePortElsewhere', elsewhereOf(family, host, primary));
    if (family === 'IPv4') at('NodePortLoopback', '127.0.0.1');
  }

  /** row traces packets to one destination. */
  row(destination: Destination, flow: Known): void {
    const { config } = this.input;
    const loopback = destination.kind === 'NodePortLoopback';
    const trace = (origin: Origin | undefined): readonly End[] => {
      if (origin === undefined) return [];
      const ends = this.tracer.trace(origin, flow);
      return destination.kind === 'OtherPorts' ? ends.map(ownOnly) : ends;
    };
    const ends = {
      entering: loopback ? [] : trace(this.entering),
      node: trace(this.nodeOf(destination, flow)),
      fromPods: loopback ? [] : trace(this.fromPods),
    };
    const masquerading = config !== undefined;
    const entering = outcomesOf(ends.entering, { whole: !masquerading, masquerading });
    const node = outcomesOf(ends.node, { whole: true, masquerading });
    const fromPods = outcomesOf(ends.fromPods, { whole: false, masquerading });
    const untouched = entering.length === 0 && node.length === 0 && fromPods.length === 0;
    const all = [...ends.entering, ...ends.node, ...ends.fromPods];
    if (!untouched || destination.kind === 'Address') this.note(all);
    const { kind, address } = destination;
    // Where all other ports meet something, one that meets nothing is told: without a row it would be like the others.
    if (untouched && !(kind === 'Address' && this.minded.has(address))) return;
    if (kind === 'OtherPorts') this.minded.add(address);
    const differs = this.fromPods !== undefined && !loopback && !same(destination, entering, fromPods);
    const entry = { destination, entering, ...(differs ? { fromPods } : {}), node };
    this.rows.push({ entry, rules: rulesOf(all) });
  }

  private note(ends: readonly End[]): void {
    const met = new Set(ends.flatMap(({ foreign }) => (foreign === undefined ? [] : [foreign.raw])));
    for (const rule of met) this.foreign.set(rule, (this.foreign.get(rule) ?? 0) + 1);
  }

  /** The node's packets come from the address that they are sent to where that is one of its own, else from its first. */
  private nodeOf({ kind }: Destination, { address }: Known): Origin | undefined {
    const itself = kind === 'NodePortElsewhere' || kind === 'NodePortLoopback';
    const source = itself ? address : this.input.primary;
    if (source === undefined) return undefined;
    let origin = this.nodes.get(source);
    const sources = setOf(this.input.family, source);
    if (origin === undefined && sources !== undefined) {
      origin = { name: `node ${source}`, sources, fromNode: true, inInterface: '' };
      this.nodes.set(source, origin);
    }
    return origin;
  }
}

/** Whether other agents stop packets to ports that are nobody's is no affair of Services. */
function ownOnly(end: End): End {
  return end.foreign === undefined || end.kind === 'Endpoint' ? end : { ...end, kind: 'Passed' };
}

function same(destination: Destination, one: readonly Outcome[], other: readonly Outcome[]): boolean {
  const text = (entering: readonly Outcome[]): string => entryText({ destination, entering, node: [] });
  return text(one) === text(other);
}

/** Only a local detector that asks for interfaces makes packets of Pods another case. */
function podInterfaceOf({ config, podInterface }: TableInput): string | undefined {
  if (config?.detectLocalMode === 'BridgeInterface') return podInterface ?? config.bridgeInterface;
  if (config?.detectLocalMode === 'InterfaceNamePrefix')
    return podInterface ?? `${config.interfaceNamePrefix}0`;
  return undefined;
}

function ownOf({ family, host, primary }: TableInput): AddressSet {
  const loopback = family === 'IPv4' ? '127.0.0.0/8' : '::1';
  return [loopback, ...host, ...(primary === undefined ? [] : [primary])]
    .map((text) =>
      boundOf(family, text.split('/')[0] ?? '') === undefined ? undefined : setOf(family, text),
    )
    .reduce<AddressSet>((all, each) => (each === undefined ? all : union(all, each)), emptySet(family));
}

/** The first range of the family counts, as for kube-proxy itself. */
function podsOf({ family, config }: TableInput): AddressSet | undefined {
  for (const text of config?.clusterCIDR.split(',') ?? []) {
    const set = setOf(family, text.trim());
    if (set !== undefined) return set;
  }
  return undefined;
}

/** A port that no Service has stands for all of them. */
function unusedPort(services: readonly Known[], nodePorts: readonly Known[]): number {
  const used = new Set([...services, ...nodePorts].map(({ port }) => port));
  for (let port = 65_535; port > 1; port -= 1) if (!used.has(port)) return port;
  return 1;
}
