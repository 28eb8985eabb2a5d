import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { reasons } from '../../src/checks/pod-to-pod/reasons.ts';

const root = join(import.meta.dirname, '../..');
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const text = (page: string) => readFileSync(join(root, page), 'utf8');

test('the page of PodToPod says what to do on every reason, and on no other', () => {
  const headings = [...text('docs/checks/pod-to-pod.md').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(headings.sort(), Object.keys(reasons).sort());
});

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
