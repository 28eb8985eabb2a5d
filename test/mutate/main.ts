/** `npm run mutate [every]`: tries every mutation of the healthy captures, or every so manieth, and prints the score. */

import type { Meeting } from '../support/packets/meeting.ts';
import { classes } from './known.ts';
import { cases, type Result, tried } from './score.ts';

const every = Number(process.argv[2] ?? 1);
const began = performance.now();
const counts = new Map<string, { all: number; changing: number; missed: number; false: number }>();
const disagreements: Result[] = [];
for (const { open } of cases()) {
  const each = open();
  const [start, before] = [performance.now(), disagreements.length];
  let count = 0;
  for (const [index, mutation] of [...each.mutations()].entries()) {
    if (index % every !== 0) continue;
    const result = tried(each, mutation);
    const sum = counts.get(mutation.kind) ?? { all: 0, changing: 0, missed: 0, false: 0 };
    sum.all += 1;
    if (result.witness !== undefined) sum.changing += 1;
    if (!result.agreed) sum[result.witness === undefined ? 'false' : 'missed'] += 1;
    counts.set(mutation.kind, sum);
    if (!result.agreed) disagreements.push(result);
    count += 1;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${each.title}: ${count} mutations, ${disagreements.length - before} disagreements, ${seconds} s`,
  );
}
console.log('\nkind          tried  changing  missed  found for nothing');
for (const [kind, sum] of [...counts].sort())
  console.log(
    `${kind.padEnd(12)} ${String(sum.all).padStart(6)} ${String(sum.changing).padStart(9)} ${String(sum.missed).padStart(7)} ${String(sum.false).padStart(18)}`,
  );
for (const { title, mutation, witness, findings, known } of disagreements) {
  console.log(`\n${known ?? 'NOT KNOWN'}: ${title} ${mutation.kind} ${mutation.what}`);
  if (witness !== undefined)
    console.log(
      `  ${JSON.stringify(witness.sent)}\n  met ${told(witness.before)}\n  now ${told(witness.after)}`,
    );
  for (const finding of findings) console.log(`  ${finding.slice(0, 300)}`);
}
const all = [...counts.values()].reduce((sum, each) => sum + each.all, 0);
const unknown = disagreements.filter(({ known }) => known === undefined).length;
console.log();
for (const { name, reason } of classes)
  console.log(`${disagreements.filter(({ known }) => known === name).length} ${name}: ${reason}`);
const score = (100 * (all - disagreements.length)) / all;
console.log(
  `${all} mutations in ${((performance.now() - began) / 1000).toFixed(0)} s, ${disagreements.length} disagreements, ${unknown} of no known class: ${score.toFixed(2)} of 100`,
);
process.exitCode = score >= 99 && unknown === 0 ? 0 : 1;

function told(meeting: Meeting): string {
  return [...meeting]
    .slice(0, 6)
    .map(([text, share]) => `${text} ${share.toFixed(4)}`)
    .join(', ');
}
