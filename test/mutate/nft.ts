/** Every mutation of the tables kube-proxy in what `nft -j list ruleset` wrote. */
import { type Change, following, type Mutation } from './mutation.ts';
import { changesOfItem, type Json, listOf, type Names, objectOf } from './nft-item.ts';
import { changesOfSet } from './nft-set.ts';

/** emptyChain is one as kube-proxy leaves behind before it deletes it: something that targets can be changed to. */
const emptyChain = 'service-AAAAAAAA-old/gone/tcp/';

/** withEmptyChain is a ruleset in which such chains are. */
export function withEmptyChain(text: string): string {
  const items = listOf(objectOf(JSON.parse(text)).nftables);
  const chains = ['ip', 'ip6'].map((family) => ({
    chain: { family, table: 'kube-proxy', name: emptyChain, handle: 9999 },
  }));
  return JSON.stringify({ nftables: [...items, ...chains] });
}

/** mutationsOfNft makes them one by one. */
export function* mutationsOfNft(text: string): Generator<Mutation> {
  const items = listOf(objectOf(JSON.parse(text)).nftables).map(objectOf);
  const texts = items.map((item) => JSON.stringify(item));
  for (const [number, item] of items.entries()) {
    const [type = '', content] = Object.entries(item)[0] ?? [];
    const object = objectOf(content);
    if (object.table !== 'kube-proxy') continue;
    const family = object.family === 'ip' ? 4 : 6;
    const meets = [nameOf(items, number, type, object)];
    const made = (
      kind: Mutation['kind'],
      to: string,
      changed: readonly string[],
      more: Partial<Change<Json>> = {},
    ) =>
      ({
        kind,
        family,
        what: `${texts[number]?.slice(0, 300)}\n  now ${to.slice(0, 300)}`,
        text: `{"nftables": [${changed.join(', ')}]}`,
        base: false,
        meets,
        destinations: more.destinations ?? [],
        sources: more.sources ?? [],
      }) as const;
    if (type === 'rule') {
      yield made('delete', 'deleted', texts.toSpliced(number, 1));
      yield made('double', 'doubled', texts.toSpliced(number, 0, texts[number] ?? ''));
      const next = items.findIndex((other, index) => index > number && sameChain(object, other));
      if (next > 0) {
        const swapped = texts.with(number, texts[next] ?? '').with(next, texts[number] ?? '');
        const both = [...meets, nameOf(items, next, 'rule', object)];
        yield { ...made('swap', `swapped with ${texts[next]}`, swapped), meets: both };
      }
    }
    const names = namesOf(items, object);
    const changes = type === 'rule' ? changesOfItem(object, names) : changesOfSet(object, names);
    for (const change of changes) {
      const part = JSON.stringify({ [type]: change.part });
      yield made(change.kind, part, texts.with(number, part), change);
    }
  }
}

function sameChain(rule: Json, item: Json): boolean {
  const { rule: other } = item;
  if (other === undefined) return false;
  const { family, table, chain } = objectOf(other);
  return family === rule.family && table === rule.table && chain === rule.chain;
}

/** nameOf is how the simulator names the rule, set or chain. */
function nameOf(items: readonly Json[], number: number, type: string, object: Json): string {
  if (type === 'chain') return String(object.name);
  if (type !== 'rule') return `set ${String(object.name)}`;
  const before = items.slice(0, number).filter((item) => sameChain(object, item));
  return `${String(object.chain)}#${before.length}`;
}

function namesOf(items: readonly Json[], { family }: Json): Names {
  const named = (type: string) =>
    items.flatMap(({ [type]: content }) => {
      if (content === undefined) return [];
      const { family: other, table, name } = objectOf(content);
      return other === family && table === 'kube-proxy' ? [String(name)] : [];
    });
  const [chains, sets, maps] = [named('chain'), named('set'), named('map')];
  return {
    chains: (name) => {
      const [prefix = ''] = /^(service|local|external|firewall|endpoint)-(?=[A-Z2-7]{8}-)/.exec(name) ?? [];
      const alike = chains.filter(
        (each) => prefix !== '' && each.startsWith(prefix) && !each.endsWith('-check') && each !== emptyChain,
      );
      const others = [following(alike, name), emptyChain];
      return others.flatMap((other) => (other === undefined || other === name ? [] : [other]));
    },
    sets: (name) => {
      const affinity = name.startsWith('affinity-');
      const alike = (maps.includes(name) ? maps : sets).filter(
        (each) => each.startsWith('affinity-') === affinity,
      );
      return fits(alike, name);
    },
  };
}

/** A set can only stand where its key has the right type: those that kube-proxy has twice. */
function fits(alike: readonly string[], name: string): string | undefined {
  const families = [
    ['service-ips', 'no-endpoint-services', 'firewall-ips'],
    ['service-nodeports', 'no-endpoint-nodeports'],
    ['cluster-ips', 'nodeport-ips'],
  ];
  const affinity = name.startsWith('affinity-') ? alike : [];
  const family = families.find((each) => each.includes(name)) ?? affinity;
  const there = family.filter((each) => alike.includes(each));
  return there.includes(name) ? following(there, name) : undefined;
}
