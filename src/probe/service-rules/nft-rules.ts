/**
 * The rules that a node has in tables of nftables' own. They are listed table by table: the whole ruleset would repeat all of
 * iptables-nft's, in several hundred megabytes of JSON where there are many Services.
 */
import type { Family } from '../../checks/service-rules/address-set.ts';
import { readNft } from '../../checks/service-rules/nft/ruleset.ts';
import { isObject, isText, parseJson } from '../../checks/shape.ts';
import { type Found, together } from './found.ts';
import type { Means } from './means.ts';

/** TableName is a table as nft names it. */
interface TableName {
  readonly family: string;
  readonly name: string;
}

const familiesOf: Readonly<Record<string, readonly Family[]>> = {
  ip: ['IPv4'],
  ip6: ['IPv6'],
  inet: ['IPv4', 'IPv6'],
};

/** The tables of iptables-nft, which its own tool reads. */
const iptables = /^ip6? (raw|mangle|nat|filter|security)$/;

/** readNftables reads every other table through which packets of these families pass. */
export async function readNftables(families: readonly Family[], means: Pick<Means, 'run'>): Promise<Found> {
  const tables = await tablesOf(means);
  if (!Array.isArray(tables)) return failed(tables.problem);
  const wanted = tables.filter(
    ({ family, name }) =>
      !iptables.test(`${family} ${name}`) &&
      (Object.hasOwn(familiesOf, family) ? (familiesOf[family] ?? []) : []).some((each) =>
        families.includes(each),
      ),
  );
  const found: Found[] = [];
  for (const table of wanted) found.push(await tableOf(table, families, means));
  return together(found);
}

async function tablesOf(means: Pick<Means, 'run'>): Promise<TableName[] | { readonly problem: string }> {
  const ran = await means.run('nft', ['-j', 'list', 'tables']);
  if (!ran.ok) return { problem: ran.problem };
  const listing = parseJson(ran.text)?.value;
  const objects: unknown = isObject(listing) ? listing.nftables : undefined;
  if (!Array.isArray(objects)) return { problem: 'the list of tables is none' };
  return objects.flatMap((object: unknown) => {
    const table = isObject(object) ? object.table : undefined;
    if (!isObject(table) || !isText(table.family, 16) || !isText(table.name, 256)) return [];
    return [{ family: table.family, name: table.name }];
  });
}

async function tableOf(
  { family, name }: TableName,
  families: readonly Family[],
  means: Pick<Means, 'run'>,
): Promise<Found> {
  const ran = await means.run('nft', ['-j', 'list', 'table', family, name]);
  if (!ran.ok) return failed(`table ${family} ${name}: ${ran.problem}`);
  const reading = readNft(ran.text, { iptablesTables: false });
  if (reading.kind === 'Unreadable') return failed(`table ${family} ${name}: ${reading.problem}`);
  const has = familiesOf[family] ?? [];
  const rulesets = reading.rulesets.filter(
    (each) => has.includes(each.family) && families.includes(each.family),
  );
  return { rulesets, unreadable: [] };
}

function failed(problem: string): Found {
  return {
    rulesets: [],
    unreadable: [{ tool: 'nft', problem: problem.slice(0, 400).replaceAll(/[^ -~]/g, '?') }],
  };
}
