import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/core/index.ts';

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('rejects what JSON.parse rejects', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ':', '1', 'a') }),
        (text) => {
          const outcome = (parse: (text: string) => unknown): unknown => {
            try {
              return parse(text);
            } catch {
              return SyntaxError;
            }
          };
          expect(outcome(parseJson)).toEqual(outcome(JSON.parse));
        },
      ),
    );
  });

  it.each([
    ['arrays', '['.repeat(100_000)],
    ['objects', '{"a":'.repeat(100_000)],
  ])('limits %s', (_what, text) => {
    expect(() => parseJson(text)).toThrow(/nested deeper than 100 levels/);
  });

  it('ignores brackets inside strings', () => {
    const text = JSON.stringify({ a: '['.repeat(1000), [`\\"${'{'.repeat(1000)}`]: ']' });
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });
});
