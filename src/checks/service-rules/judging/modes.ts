/** What is worth knowing of the modes that kube-proxy is in, and of rules that another mode left behind. */
import type { Verdict, Warning } from '../../verdict.ts';
import type { Mode } from '../evidence.ts';
import type { Backend } from '../model.ts';
import type { SeenSide } from './sides.ts';

const backendsOf: Readonly<Record<Mode, readonly Backend[]>> = {
  iptables: ['iptables-nft', 'iptables-legacy'],
  nftables: ['nftables'],
  ipvs: ['iptables-nft', 'iptables-legacy'],
};

/** holdsRules tells whether a back end is one that kube-proxy writes to in a mode. */
export function holdsRules(mode: Mode, backend: Backend): boolean {
  return backendsOf[mode].includes(backend);
}

/** withModes lets verdicts carry the warnings: each verdict has room for one. */
export function withModes(verdicts: readonly Verdict[], sides: readonly SeenSide[]): readonly Verdict[] {
  const carried = new Map<Verdict, Warning>();
  const carry = (warning: Warning, isOne: (verdict: Verdict) => boolean) => {
    const found = verdicts.find((verdict) => !carried.has(verdict) && isOne(verdict));
    if (found !== undefined) carried.set(found, warning);
  };
  for (const side of sides) {
    const warning = leftoversOn(side);
    if (warning !== undefined) carry(warning, ({ node }) => node === side.node);
  }
  const differing = differingModes(sides);
  if (differing !== undefined) carry(differing, () => true);
  if (carried.size === 0) return verdicts;
  return verdicts.map((verdict) => {
    const warning = carried.get(verdict);
    return warning === undefined ? verdict : { ...verdict, warning };
  });
}

function leftoversOn({ evidence, node }: SeenSide): Warning | undefined {
  const { backends, mode } = evidence;
  const known = mode === 'none' || mode === 'unknown' ? undefined : mode;
  const fitting = known === undefined ? backends : backends.filter((each) => holdsRules(known, each));
  if (backends.length < 2 && fitting.length === backends.length) return undefined;
  return {
    reason: 'BothBackends',
    message: `Rules of kube-proxy on ${node} are in ${list(backends)}${known === undefined ? '' : `, and it is in mode ${known}`}`,
    subject: `${node} back ends`,
  };
}

function differingModes(sides: readonly SeenSide[]): Warning | undefined {
  const byMode = new Map<Mode, string[]>();
  for (const { evidence, node } of sides) {
    const { mode } = evidence;
    if (mode === 'none' || mode === 'unknown') continue;
    byMode.set(mode, [...(byMode.get(mode) ?? []), node].sort());
  }
  if (byMode.size < 2) return undefined;
  const modes = [...byMode].sort(([a, m], [b, n]) => n.length - m.length || (a < b ? -1 : 1));
  const told = modes.map(([mode, nodes]) => `${mode} on ${list(nodes)}`).join('; ');
  return {
    reason: 'ModesDiffer',
    message: `kube-proxy is in ${told}`,
    subject: 'modes of kube-proxy',
    node: '',
  };
}

function list(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}
