/** `npm run fuzz [inputs] [seed]`: fuzzes the parser of nslookup, a million inputs unless told, and prints what it did. */
import { fuzzNslookup } from './nslookup.ts';

const [inputs = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
const began = performance.now();
const { kinds, outcomes, faults } = fuzzNslookup(inputs, seed);
const seconds = (performance.now() - began) / 1000;
console.log(
  `${inputs} inputs from seed ${seed} in ${seconds.toFixed(1)} s: ${Math.round(inputs / seconds)} a second`,
);
for (const [title, counts] of Object.entries({ inputs: kinds, outcomes })) {
  const told = Object.entries(counts).sort(([, one], [, other]) => other - one);
  console.log(`${title}: ${told.map(([name, count]) => `${name} ${count}`).join(', ')}`);
}
for (const { fault, text, exitCode } of faults)
  console.log(`${fault}\n  exit ${exitCode}: ${JSON.stringify(text)}`);
console.log(faults.length === 0 ? 'Nothing was found' : 'Something was found');
process.exitCode = faults.length === 0 ? 0 : 1;
