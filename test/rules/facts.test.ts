import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { expectedShape, isFact } from '../../src/rules/engine/facts.ts';

const FOLDER = new URL('../../src/rules/', import.meta.url);

it('declares every fact that the code computes', () => {
  const computed = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'engine/facts.ts')
    .flatMap((name) => [
      ...readFileSync(new URL(name, FOLDER), 'utf8').matchAll(/'([a-z][A-Za-z]*\.[a-z][A-Za-z]*)'/g),
    ])
    .map(([, name = '']) => name)
    .filter((name) => !name.endsWith('.yaml'));
  expect(computed.length).toBeGreaterThan(60);
  expect([...new Set(computed)].filter((name) => !isFact(name))).toEqual([]);
});

it('rejects inherited property names', () => {
  for (const name of ['constructor', 'toString', '__proto__', '']) {
    expect(isFact(name)).toBe(false);
    expect(expectedShape(name, 1)).toBeNull();
  }
});
