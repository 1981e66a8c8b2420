import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asProblem,
  escapedJson,
  outputText,
  Problem,
  redact,
  Secret,
  sanitize,
  sanitizeLines,
} from '../../src/core/index.ts';
import { anyText } from '../support/values/text.ts';

describe('sanitize', () => {
  it('removes control characters, escape sequences and direction marks', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 400 }), (text) => {
        const clean = sanitize(text);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
        expect(clean).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(clean.length).toBeLessThanOrEqual(200);
      }),
    );
  });

  it('keeps the four spaces of a model name', () => {
    expect(sanitize('Smart-UPS SRT    3000')).toBe('Smart-UPS SRT    3000');
  });

  it('removes color and title sequences as a whole', () => {
    expect(sanitize('\u001b[31mred\u001b[0m \u001b]0;title\u0007end')).toBe('red   end');
  });
});

/** Every code point of Unicode, lone surrogates among them, with a letter on each side. */
function everyCharacter(): readonly string[] {
  return Array.from({ length: 0x110000 }, (_, point) => `a${String.fromCodePoint(point)}b`);
}

const NEVER =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/u;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

describe('text from outside, over all of Unicode', () => {
  it('loses every invisible character and keeps every letter, mark, digit and symbol', () => {
    for (const text of everyCharacter()) {
      // An escape character removes the character after it, too.
      if (text[1] === '\u001b') continue;
      const clean = sanitize(text);
      const wanted = NEVER.test(text) || /\p{Zs}|\u2800/u.test(text) ? 'a b' : text;
      if (clean !== wanted) expect.fail(`${escape(text)} gives ${escape(clean)}`);
    }
  });

  it('loses them in multi-line text and in output too, except line feeds and tabs', () => {
    const all = everyCharacter().join('');
    const kept = (text: string): string => text.replaceAll('\n', '').replaceAll('\t', '');
    expect(kept(sanitizeLines(all))).not.toMatch(NEVER);
    expect(kept(outputText(all, false))).not.toMatch(NEVER);
    expect(outputText(all, true)).not.toMatch(BIDI);
    expect(outputText('\u001b[31mred\u001b[0m\r', true)).toBe('\u001b[31mred\u001b[0m\r');
    expect(outputText('\u001b[31mred', false)).toBe(' red');
    expect(outputText('\u001b]0;title\u0007', true)).not.toContain('\u001b');
  });

  it('is unchanged and visible in JSON', () => {
    const all = everyCharacter();
    const text = escapedJson(`${JSON.stringify(all, null, 2)}\n`);
    expect(NEVER.test(text.replaceAll('\n', ''))).toBe(false);
    expect(JSON.stringify(JSON.parse(text)) === JSON.stringify(all)).toBe(true);
  });

  it('is never cut inside a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 2, max: 40 }),
        (text, limit) => {
          const clean = sanitize(text, limit);
          expect(clean.length).toBeLessThanOrEqual(limit);
          expect(clean).not.toMatch(NEVER);
          expect(sanitize(clean, limit)).toBe(clean);
        },
      ),
    );
  });
});

describe('Secret', () => {
  const secret = new Secret('swordfish');

  it('never prints its value', () => {
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

  it('shows its reference and nothing else', () => {
    expect(new Secret('swordfish', 'env:UPS_PASSWORD').reference).toBe('env:UPS_PASSWORD');
    expect(secret.reference).toBeNull();
  });

  it('is removed from device text that repeats it', () => {
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
