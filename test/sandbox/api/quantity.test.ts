import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { canonicalQuantity, quantityNano } from './quantity.ts';

it('writes quantities in canonical form', () => {
  const cases: [string, string | undefined][] = [
    ['0.5', '500m'],
    ['1.5Gi', '1536Mi'],
    ['1000m', '1'],
    ['1024Ki', '1Mi'],
    ['1e3', '1k'],
    ['100', '100'],
    ['0', '0'],
    ['-5', '-5'],
    ['.5', '500m'],
    ['1.', '1'],
    ['', undefined],
    ['.', undefined],
    ['1 Gi', undefined],
    ['ten', undefined],
    ['1KiB', undefined],
  ];
  for (const [text, want] of cases) assert.equal(canonicalQuantity(text), want, text);
});

it('never changes what a quantity is worth', () => {
  const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi');
  fc.assert(
    fc.property(fc.nat(1_000_000), suffix, (number, unit) => {
      const text = `${number}${unit}`;
      const canonical = canonicalQuantity(text);
      assert.ok(canonical !== undefined);
      assert.equal(quantityNano(canonical), quantityNano(text));
      assert.equal(canonicalQuantity(canonical), canonical);
    }),
  );
});
