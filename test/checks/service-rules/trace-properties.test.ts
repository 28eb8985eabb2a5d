import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type Bound,
  emptySet,
  fullSet,
  holds,
  setOf,
  union,
} from '../../../src/checks/service-rules/address-set.ts';
import { addressText } from '../../../src/checks/service-rules/address-text.ts';
import type {
  Action,
  BaseChain,
  Chain,
  ElementSet,
  Match,
  Rule,
  Ruleset,
  Step,
  Verdict,
} from '../../../src/checks/service-rules/model.ts';
import { outcomesOf } from '../../../src/checks/service-rules/table/outcomes.ts';
import type { End, Flow, Origin } from '../../../src/checks/service-rules/trace/trace.ts';
import { fatesOf, type NaiveNode } from './naive-packet.ts';
import { entering, fromNode, node, tracerOf } from './traced.ts';

/** A few addresses, so that random rules and packets meet. */
const pods = ['10.244.1.5', '10.244.1.6', '10.244.2.4'] as const;
const destinations = ['10.96.0.5', '10.96.0.6', node, ...pods] as const;
const sourceSets = ['10.244.0.0/16', '10.244.1.5', '10.244.1.4/31', '10.1.0.0/16', '0.0.0.0/0'] as const;
const ports = [80, 443, 8080] as const;

const own: NaiveNode = {
  own: new Set([node]),
  uplink: 'eth0',
  outInterface: (address) => (address.startsWith('10.244.1.') ? 'cni0' : 'eth0'),
  understood: () => false,
  on: new Map(),
};

function set(text: string): NonNullable<ReturnType<typeof setOf>> {
  return setOf('IPv4', text) ?? fullSet('IPv4');
}

const match: fc.Arbitrary<Match> = fc.oneof(
  fc.constantFrom(...sourceSets).map((text): Match => ({ match: 'source', set: set(text) })),
  fc
    .constantFrom(...destinations, '10.96.0.0/16', '10.244.0.0/16')
    .map((text): Match => ({ match: 'destination', set: set(text) })),
  fc
    .record({ protocols: fc.constantFrom(['tcp'], ['udp'], ['tcp', 'udp']), negated: fc.boolean() })
    .map((each): Match => ({ match: 'protocol', ...each })),
  fc.record({ port: fc.constantFrom(...ports), more: fc.nat(1), negated: fc.boolean() }).map(
    ({ port, more, negated }): Match => ({
      match: 'destinationPort',
      ranges: [[port, port + more]],
      negated,
    }),
  ),
  fc
    .record({ name: fc.constantFrom('eth0', 'cni+', 'lo'), negated: fc.boolean() })
    .map((each): Match => ({ match: 'inInterface', ...each })),
  fc
    .record({
      states: fc.constantFrom(['NEW'], ['DNAT'], ['UNTRACKED', 'SNAT'], ['INVALID']),
      negated: fc.boolean(),
    })
    .map((each): Match => ({ match: 'state', ...each })),
  fc
    .record({
      mask: fc.constantFrom(1, 3, 0x4000),
      value: fc.constantFrom(0, 1, 0x4000),
      negated: fc.boolean(),
    })
    .map((each): Match => ({ match: 'mark', ...each })),
  fc.boolean().map((negated): Match => ({ match: 'sourceLocal', negated })),
  fc.boolean().map((negated): Match => ({ match: 'destinationLocal', negated })),
  fc.boolean().map((negated): Match => ({ match: 'element', key: ['source'], set: 'sources', negated })),
  fc.boolean().map(
    (negated): Match => ({
      match: 'element',
      key: ['source', 'destination', 'protocol', 'destinationPort'],
      set: 'hairpins',
      negated,
    }),
  ),
);

/** Once packets are on their way to an endpoint, chance and leaving interfaces are looked at apart. */
const early: fc.Arbitrary<Match> = fc.oneof(
  { weight: 6, arbitrary: match },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(0, 0.25, 0.5, 1)
      .map((probability): Match => ({ match: 'random', probability })),
  },
);
const late: fc.Arbitrary<Match> = fc.oneof(
  { weight: 6, arbitrary: match },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('eth0', 'cni0', 'lo')
      .map((name): Match => ({ match: 'outInterface', name, negated: false })),
  },
);

const change: fc.Arbitrary<Action> = fc.oneof(
  fc
    .record({ and: fc.constantFrom(0xffffffff, 0xfffffffe, 0), xor: fc.constantFrom(0, 1, 0x4000) })
    .map((each): Action => ({ action: 'mark', ...each })),
  fc.constantFrom<Action>({ action: 'nothing' }, { action: 'notrack' }, { action: 'remember', list: 'A' }),
);

function verdict(chains: readonly string[]): fc.Arbitrary<Verdict> {
  const ends: Verdict[] = (['return', 'accept', 'drop', 'reject'] as const).map((action) => ({ action }));
  const moves = chains.flatMap((chain): Verdict[] => [
    { action: 'jump', chain },
    { action: 'jump', chain },
    { action: 'goto', chain },
  ]);
  return fc.constantFrom(...moves, ...ends);
}

function target(): fc.Arbitrary<Action> {
  const one = fc.record({ address: fc.constantFrom(...pods, node), port: fc.constantFrom(...ports) });
  return fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((targets): Action => ({ action: 'dnat', targets }));
}

/** Rules of a chain that may lead to later chains only: the kernel takes no loops. */
function rule(chains: readonly string[], nat: 'first' | 'last' | 'none', map: string): fc.Arbitrary<Rule> {
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 4, arbitrary: verdict(chains) },
    { weight: 3, arbitrary: change },
    ...(nat === 'first' ? [{ weight: 3, arbitrary: target() }] : []),
    ...(nat === 'last' ? [{ weight: 2, arbitrary: fc.constant<Action>({ action: 'masquerade' }) }] : []),
    {
      weight: 1,
      arbitrary: fc.constant<Action>({
        action: 'lookup',
        key: ['destination', 'protocol', 'destinationPort'],
        map,
      }),
    },
    ...(nat === 'first'
      ? [
          {
            weight: 1,
            arbitrary: fc
              .array(verdict(chains), { minLength: 1, maxLength: 3 })
              .map((branches): Action => ({ action: 'choose', branches })),
          },
        ]
      : []),
  );
  const matches = fc.array(nat === 'first' ? early : late, { maxLength: 2 });
  return fc
    .tuple(matches, fc.option(change, { nil: undefined }), fc.array(match, { maxLength: 1 }), action)
    .map(([before, first, between, last]): Rule => {
      const steps: Step[] = first === undefined ? [...before, last] : [...before, first, ...between, last];
      return { raw: JSON.stringify(steps.length), steps };
    });
}

interface Group {
  readonly nat: 'first' | 'last' | 'none';
  readonly names: readonly string[];
}

const groups: readonly Group[] = [
  { nat: 'first', names: ['KUBE-N1', 'KUBE-N2', 'KUBE-N3'] },
  { nat: 'last', names: ['KUBE-P1', 'KUBE-P2'] },
  { nat: 'none', names: ['KUBE-F1', 'KUBE-F2'] },
];

function chainsOf({ nat, names }: Group, longest: number): fc.Arbitrary<readonly Chain[]> {
  return fc.tuple(
    ...names.map((name, index) =>
      fc
        .array(rule(names.slice(index + 1), nat, `map-${nat}`), {
          minLength: longest > 10 ? 16 : 0,
          maxLength: longest,
        })
        .map((rules): Chain => ({ id: name, backend: 'iptables-nft', table: nat, name, rules })),
    ),
  );
}

const hooks = {
  first: [
    ['prerouting', 'nat', -100],
    ['output', 'nat', -100],
    ['prerouting', 'nat', -90],
  ],
  last: [
    ['postrouting', 'nat', 100],
    ['input', 'nat', 100],
  ],
  none: [
    ['prerouting', 'filter', -300],
    ['output', 'filter', -300],
    ['prerouting', 'filter', -150],
    ['prerouting', 'filter', 0],
    ['output', 'filter', 0],
    ['input', 'filter', 0],
    ['forward', 'filter', 0],
    ['postrouting', 'filter', -150],
    ['postrouting', 'filter', 300],
  ],
} as const;

const bases: fc.Arbitrary<readonly BaseChain[]> = fc
  .tuple(
    ...groups.flatMap(({ nat, names }) =>
      hooks[nat].map(([hook, type, priority]) =>
        fc
          .tuple(
            fc.boolean(),
            fc.constantFrom(...names),
            fc.constantFrom<BaseChain['policy']>('accept', 'accept', 'accept', 'drop'),
          )
          .map(([there, chain, policy]) => (there ? [{ chain, hook, type, priority, policy }] : [])),
      ),
    ),
  )
  .map((each) => each.flat());

const elements = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom(...destinations), fc.constantFrom('tcp', 'udp'), fc.constantFrom(...ports))
    .map((each) => each.join(' ')),
  { maxLength: 4 },
);

function map(names: readonly string[]): fc.Arbitrary<ReadonlyMap<string, Verdict>> {
  // The last chain leads nowhere, so that no map makes a loop.
  const leaf = names.slice(-1);
  return fc
    .tuple(elements, fc.array(verdict([]), { minLength: 4, maxLength: 4 }))
    .map(
      ([keys, verdicts]) =>
        new Map(keys.map((key, index) => [key, verdicts[index] ?? { action: 'return', chain: leaf[0] }])),
    );
}

const sets: fc.Arbitrary<ReadonlyMap<string, ElementSet>> = fc
  .tuple(
    map([]),
    map([]),
    map([]),
    fc.subarray([...sourceSets]),
    fc.subarray(pods.flatMap((pod) => ports.map((port) => `${pod} ${pod} tcp ${port}`))),
  )
  .map(([first, last, none, sources, hairpins]) => {
    const setsOf = (id: string, each: ReadonlyMap<string, Verdict | undefined>): [string, ElementSet] => [
      id,
      { id, elements: each },
    ];
    const addresses = sources.map(set).reduce((all, each) => union(all, each), emptySet('IPv4'));
    return new Map([
      setsOf('map-first', first),
      setsOf('map-last', last),
      setsOf('map-none', none),
      setsOf('hairpins', new Map(hairpins.map((key) => [key, undefined]))),
      ['sources', { id: 'sources', elements: new Map(), addresses }],
    ]);
  });

function rulesets(longest: number): fc.Arbitrary<Ruleset> {
  return fc.tuple(bases, fc.tuple(...groups.map((group) => chainsOf(group, longest))), sets).map(
    ([all, chains, known]): Ruleset => ({
      family: 'IPv4',
      bases: all,
      chains: new Map(chains.flat().map((chain) => [chain.id, chain])),
      sets: known,
    }),
  );
}

const flows = fc.record({
  address: fc.constantFrom(...destinations),
  protocol: fc.constantFrom('tcp', 'udp'),
  port: fc.constantFrom(...ports),
});

/** What the tracer says of one source, in the naive one's words. */
function toldOf(ends: readonly End[], source: Bound): ReadonlyMap<string, number> {
  const told = new Map<string, number>();
  for (const { kind, address, port, sources, weight, masqueraded, on } of ends) {
    if (on !== undefined || !holds(sources, source)) continue;
    const text =
      kind === 'Endpoint' ? `Endpoint ${address}:${port}${masqueraded ? ' masqueraded' : ''}` : kind;
    told.set(text, (told.get(text) ?? 0) + weight);
  }
  return told;
}

function assertAlike(
  actual: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
  about: string,
): void {
  const rounded = (each: ReadonlyMap<string, number>): unknown =>
    Object.fromEntries(
      [...each]
        .filter(([, weight]) => weight > 1e-9)
        .map(([text, weight]) => [text, Math.round(weight * 1e9)] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  assert.deepEqual(rounded(actual), rounded(expected), about);
}

/** Sources at which anything can change: the bounds of all sets, and one before each. */
function samples(ends: readonly End[], origin: Origin): readonly Bound[] {
  if (origin.fromNode) return [origin.sources.bounds[0] ?? 0];
  const bounds = [...sourceSets.map(set), ...pods.map(set), ...ends.map(({ sources }) => sources)].flatMap(
    (each) => each.bounds,
  );
  return [...new Set(bounds.flatMap((bound) => [Number(bound) - 1, Number(bound)]))].filter(
    (bound) => bound >= 0 && bound < 2 ** 32,
  );
}

function assertPlayed(ruleset: Ruleset, origin: Origin, flow: Flow, ends: readonly End[]): void {
  for (const source of samples(ends, origin)) {
    const { address: destination, ...rest } = flow;
    const sent = { ...rest, destination, source: addressText(source), fromNode: origin.fromNode };
    assertAlike(toldOf(ends, source), fatesOf(ruleset, sent, own), JSON.stringify(sent));
  }
}

/** As kube-proxy's: both origins jump to one chain, which jumps to another. */
function dispatched(ruleset: Ruleset): Ruleset {
  const [first, second] = [ruleset.chains.get('KUBE-N1'), ruleset.chains.get('KUBE-N2')];
  assert(first !== undefined && second !== undefined);
  const jump = (chain: string): Rule => ({ raw: chain, steps: [{ action: 'jump', chain }] });
  return {
    ...ruleset,
    bases: [
      { ...base, chain: 'KUBE-N1' },
      { ...base, chain: 'KUBE-N1', hook: 'output' },
      ...ruleset.bases.filter(({ type, hook }) => type !== 'nat' || hook === 'postrouting'),
    ],
    chains: new Map([
      ...ruleset.chains,
      [first.id, { ...first, rules: [jump(second.id)] }],
      [second.id, { ...second, rules: [...second.rules.slice(0, 1), jump('KUBE-N3')] }],
    ]),
  };
}

describe('traced packets', () => {
  const kinds = [
    { what: 'short chains', made: rulesets(5), flows: [1, 3], numRuns: 120 },
    { what: 'chains that are long enough for an index', made: rulesets(24), flows: [5, 6], numRuns: 12 },
    {
      what: 'chains that both origins come to',
      made: rulesets(4).map(dispatched),
      flows: [1, 3],
      numRuns: 120,
    },
  ] as const;
  for (const { what, made, flows: few, numRuns } of kinds) {
    test(`meet what single packets meet that are played rule by rule: ${what}`, () => {
      const all = fc.array(flows, { minLength: few[0], maxLength: few[1] });
      fc.assert(
        fc.property(made, all, (ruleset, sent) => {
          const tracer = tracerOf(ruleset);
          for (const flow of sent) {
            for (const origin of [entering, fromNode])
              assertPlayed(ruleset, origin, flow, tracer.trace(origin, flow));
          }
        }),
        { numRuns },
      );
    });
  }

  test('are unknown only where what is not understood decides, and otherwise certain', () => {
    const unknown = (text: string): fc.Arbitrary<Rule> =>
      fc
        .tuple(
          fc.array(
            early.filter(({ match: kind }) => kind !== 'random'),
            { maxLength: 1 },
          ),
          verdict(['KUBE-N2', 'KUBE-N3']),
        )
        .map(([some, last]) => ({ raw: text, steps: [...some, { match: 'unknown', text }, last] }));
    fc.assert(
      fc.property(
        rulesets(4),
        unknown('one'),
        unknown('two'),
        fc.nat(3),
        flows,
        (ruleset, one, two, at, flow) => {
          const chains = new Map(ruleset.chains);
          const first = chains.get('KUBE-N1');
          assert(first !== undefined);
          chains.set('KUBE-N1', {
            ...first,
            rules: [...first.rules.slice(0, at), one, ...first.rules.slice(at), two],
          });
          const open = {
            ...ruleset,
            chains,
            bases: [...ruleset.bases.filter(({ type }) => type !== 'nat'), base],
          };
          const ends = tracerOf(open).trace(entering, flow);
          const outcomes = outcomesOf(ends, { whole: false, masquerading: true });
          for (const source of samples(ends, entering)) {
            const { address: destination, ...rest } = flow;
            const sent = { ...rest, destination, source: addressText(source), fromNode: false };
            const worlds = [0, 1, 2, 3].map((bits) =>
              fatesOf(open, sent, { ...own, understood: (text) => (bits & (text === 'one' ? 1 : 2)) !== 0 }),
            );
            const alike = worlds.every((world) => same(world, worlds[0]));
            const isUnknown = outcomes.some(
              ({ kind, sources }) => kind === 'Unknown' && holds(sources, source),
            );
            assert.equal(
              isUnknown,
              !alike,
              JSON.stringify({ sent, worlds: worlds.map((world) => [...world]) }),
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('end, and soon, whatever loops and branches there are', () => {
    const names = Array.from({ length: 12 }, (_, index) => `KUBE-L${index}`);
    const chains = new Map(
      names.map((name): [string, Chain] => [
        name,
        {
          id: name,
          backend: 'iptables-nft',
          table: 'nat',
          name,
          rules: names.flatMap((chain): Rule[] => [
            {
              raw: chain,
              steps: [
                { match: 'unknown', text: chain },
                { action: 'mark', and: 0xffffffff, xor: 1 },
                { action: 'jump', chain },
              ],
            },
            {
              raw: chain,
              steps: [
                { match: 'random', probability: 0.5 },
                { action: 'goto', chain },
              ],
            },
          ]),
        },
      ]),
    );
    const ruleset: Ruleset = {
      family: 'IPv4',
      bases: [{ ...base, chain: 'KUBE-L0' }],
      chains,
      sets: new Map(),
    };
    const ends = tracerOf(ruleset).trace(entering, { address: '10.96.0.5', protocol: 'tcp', port: 80 });
    assert.deepEqual(
      outcomesOf(ends, { whole: false, masquerading: true }).map(({ kind, sources }) => [kind, sources]),
      [['Unknown', fullSet('IPv4')]],
    );
  });
});

const base: BaseChain = {
  chain: 'KUBE-N1',
  hook: 'prerouting',
  type: 'nat',
  priority: -100,
  policy: 'accept',
};

function same(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number> | undefined): boolean {
  const texts = new Set([...one.keys(), ...(other?.keys() ?? [])]);
  return [...texts].every((text) => Math.abs((one.get(text) ?? 0) - (other?.get(text) ?? 0)) < 1e-9);
}
