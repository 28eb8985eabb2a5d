/** A table of iptables-nft, listed by nft and named as iptables names it. */
import type { Family } from '../../checks/service-rules/address-set.ts';
import type { Action, Chain, Rule, Ruleset, Step, Verdict } from '../../checks/service-rules/model.ts';
import { readNft } from '../../checks/service-rules/nft/ruleset.ts';
import type { Means } from './means.ts';

/** iptablesTableOf reads one table, of that family alone; its chains have the ids that iptables-nft-save gives them. */
export async function iptablesTableOf(
  name: string,
  family: Family,
  means: Pick<Means, 'run'>,
): Promise<Ruleset | { readonly problem: string }> {
  const prefix = family === 'IPv4' ? 'ip' : 'ip6';
  const ran = await means.run('nft', ['-j', 'list', 'table', prefix, name]);
  if (!ran.ok) return { problem: `nft: ${ran.problem}` };
  const reading = readNft(ran.text, { iptablesTables: true });
  if (reading.kind === 'Unreadable') return { problem: `nft: ${reading.problem}` };
  const ruleset = reading.rulesets.find((each) => each.family === family);
  return ruleset === undefined ? { problem: 'nft: nothing of this family' } : renamed(ruleset, prefix, name);
}

/** renamed: `nftables ip nat/KUBE-SERVICES` is `iptables-nft nat/KUBE-SERVICES`, wherever it is named. */
function renamed(ruleset: Ruleset, prefix: string, table: string): Ruleset {
  const from = `nftables ${prefix} ${table}/`;
  const idOf = (id: string) => (id.startsWith(from) ? `iptables-nft ${table}/${id.slice(from.length)}` : id);
  const chains = new Map<string, Chain>();
  for (const chain of ruleset.chains.values()) {
    const id = idOf(chain.id);
    const rules: readonly Rule[] = chain.rules.map(({ raw, steps }) => ({
      raw,
      steps: steps.map((step) => stepWith(step, idOf)),
    }));
    chains.set(id, { ...chain, id, backend: 'iptables-nft', table, rules });
  }
  const bases = ruleset.bases.map((base) => ({ ...base, chain: idOf(base.chain) }));
  const sets = new Map(
    [...ruleset.sets].map(([id, set]) => {
      const elements = new Map(
        [...set.elements].map(([key, verdict]) => [key, verdict && verdictWith(verdict, idOf)]),
      );
      return [id, { ...set, elements }];
    }),
  );
  return { family: ruleset.family, bases, chains, sets };
}

function stepWith(step: Step, idOf: (id: string) => string): Step {
  if ('match' in step) return step;
  return actionWith(step, idOf);
}

function actionWith(action: Action, idOf: (id: string) => string): Action {
  if (action.action === 'choose')
    return { ...action, branches: action.branches.map((each) => verdictWith(each, idOf)) };
  if (action.action === 'jump' || action.action === 'goto') return { ...action, chain: idOf(action.chain) };
  return action;
}

function verdictWith(verdict: Verdict, idOf: (id: string) => string): Verdict {
  return 'chain' in verdict ? { ...verdict, chain: idOf(verdict.chain) } : verdict;
}
