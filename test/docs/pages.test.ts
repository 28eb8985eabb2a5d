import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { checkReasons } from '../../src/tools/reasons-reference.ts';

const root = join(import.meta.dirname, '../..');
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const text = (page: string) => readFileSync(join(root, page), 'utf8');

for (const [type, reasons] of Object.entries(checkReasons)) {
  test(`the page of ${type} says what to do on every reason, and on no other`, () => {
    const page = text(`docs/checks/${pageOf(type)}.md`);
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(headings.sort(), Object.keys(reasons).sort());
  });
}

/** pageOf is the kind's name as file names are written: PodToPod is pod-to-pod, DNS is dns. */
function pageOf(type: string): string {
  return type.replaceAll(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
}

for (const page of pages) {
  test(`every link of ${page} leads somewhere`, () => {
    // Patterns of fields are code, and look like links.
    const prose = text(page).replaceAll(/`[^`\n]*`/g, '');
    const targets = [...prose.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? '');
    for (const target of targets.filter((each) => !/^https?:/.test(each))) {
      assert.ok(existsSync(join(root, dirname(page), target)), `${page} → ${target}`);
    }
  });
}

test('every make target that a page names is there', () => {
  const targets = [...text('Makefile').matchAll(/^([a-z]+):.*## /gm)].map(([, name]) => name);
  const named = pages.flatMap((page) =>
    [...text(page).matchAll(/(?:`|^)make ([a-z]+)/gm)].map(([, name]) => name),
  );
  for (const name of named) assert.ok(targets.includes(name), `make ${name}`);
});
