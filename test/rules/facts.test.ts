import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { expectedShape, isFact } from '../../src/rules/engine/facts.ts';

const FOLDER = new URL('../../src/rules/', import.meta.url);

it('every fact that the code computes may be asked for', () => {
  const computed = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'engine/facts.ts')
    .flatMap((name) => [
      ...readFileSync(new URL(name, FOLDER), 'utf8').matchAll(/'([a-z]+\.[a-z][A-Za-z]*)'/g),
    ])
    .map(([, name = '']) => name)
    .filter((name) => !name.endsWith('.yaml'));
  expect(computed.length).toBeGreaterThan(60);
  expect([...new Set(computed)].filter((name) => !isFact(name))).toEqual([]);
});

it('a name of another object is no fact', () => {
  for (const name of ['constructor', 'toString', '__proto__', '']) {
    expect(isFact(name)).toBe(false);
    expect(expectedShape(name, 1)).toBeNull();
  }
});
