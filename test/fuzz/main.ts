/**
 * `npm run fuzz [inputs] [seed]`: fuzzes the parsers of what tools print, nslookup's with a million inputs unless told and
 * those of Service rules with a tenth of it, and prints what was done.
 */
import type { Tally } from './chance.ts';
import { fuzzNslookup } from './nslookup.ts';
import { fuzzHost, fuzzIptables, fuzzNft } from './service-rules.ts';

const [inputs = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
const few = Math.ceil(inputs / 10);
const found = [
  report('nslookup', inputs, fuzzNslookup),
  report('iptables-save', few, fuzzIptables),
  report('nft', few, fuzzNft),
  report('ip', few, fuzzHost),
].some((each) => each);
console.log(found ? 'Something was found' : 'Nothing was found');
process.exitCode = found ? 1 : 0;

/** report runs a fuzzer, prints what it did, and tells whether it found something. */
function report(parser: string, count: number, fuzz: (inputs: number, seed: number) => Tally): boolean {
  const began = performance.now();
  const { kinds, outcomes, faults } = fuzz(count, seed);
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${parser}: ${count} inputs from seed ${seed} in ${seconds.toFixed(1)} s: ${Math.round(count / seconds)} a second`,
  );
  for (const [title, counts] of Object.entries({ inputs: kinds, outcomes })) {
    const told = Object.entries(counts).sort(([, one], [, other]) => other - one);
    console.log(`  ${title}: ${told.map(([name, number]) => `${name} ${number}`).join(', ')}`);
  }
  for (const { fault, text, with: more = '' } of faults) {
    console.log(`  ${fault} ${more}\n  ${JSON.stringify(text)}`);
  }
  return faults.length > 0;
}
