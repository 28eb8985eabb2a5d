/**
 * `npm run bench` measures what the README claims and prints it as Markdown. Names of benches as arguments limit it to
 * those; `--strict` makes a broken bound the process's failure.
 */
import { cpus } from 'node:os';
import { measureCluster } from './cluster.ts';
import { measureDNS } from './dns.ts';
import { broken, renderSections, type Section } from './figures.ts';
import { measureOperator } from './operator.ts';
import { measurePlanning } from './planning.ts';
import { measureProbe } from './probe.ts';
import { measureServiceRules } from './service-rules.ts';
import { measureSizes } from './sizes.ts';

const benches: Readonly<
  Record<string, () => Section | readonly Section[] | Promise<Section | readonly Section[]>>
> = {
  planning: measurePlanning,
  sizes: measureSizes,
  probe: measureProbe,
  dns: measureDNS,
  'service-rules': measureServiceRules,
  operator: measureOperator,
  cluster: measureCluster,
};

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}: choose from ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
const sections: Section[] = [];
for (const [name, measure] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`Measuring ${name}`);
  sections.push(...[await measure()].flat());
}
const [cpu] = cpus();
const machine = `${cpus().length} cores of ${cpu?.model ?? 'an unknown kind'}, Node.js ${process.versions.node}`;
console.log(renderSections(sections, machine));
if (process.argv.includes('--strict') && broken(sections).length > 0) process.exitCode = 1;
