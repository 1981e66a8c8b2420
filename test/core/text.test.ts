import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asProblem, Problem, printable, redact, Secret } from '../../src/core/index.ts';

describe('printable', () => {
  it('leaves no control character, escape sequence or direction mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const clean = printable(text);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
        expect(clean).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(clean.length).toBeLessThanOrEqual(200);
      }),
    );
  });

  it('keeps the four blanks of a model name', () => {
    expect(printable('Smart-UPS SRT    3000')).toBe('Smart-UPS SRT    3000');
  });

  it('takes colour and title sequences away whole', () => {
    expect(printable('\u001b[31mred\u001b[0m \u001b]0;title\u0007end')).toBe('red   end');
  });
});

describe('Secret', () => {
  const secret = new Secret('swordfish');

  it('does not print, whatever it is put into', () => {
    for (const text of [
      `${secret}`,
      String(secret),
      JSON.stringify({ secret }),
      inspect({ deep: [secret] }),
    ]) {
      expect(text).toContain('[secret]');
      expect(text).not.toContain('swordfish');
    }
  });

  it('names where it came from, and nothing else', () => {
    expect(new Secret('swordfish', 'env:UPS_PASSWORD').reference).toBe('env:UPS_PASSWORD');
    expect(secret.reference).toBeNull();
  });

  it('is taken out of device text that repeats it', () => {
    expect(redact('User swordfish? swordfish!', [secret])).toBe('User [secret]? [secret]!');
  });
});

describe('Problem', () => {
  it('is made of anything thrown', () => {
    const known = new Problem('link/silent', 'no answer', { hint: 'look' });
    expect(asProblem(known)).toBe(known);
    expect(asProblem(new Error('odd')).code).toBe('internal/unexpected');
    expect(asProblem('text').message).toContain('text');
  });
});
