import { z } from 'zod';

/** Characters of a name at most. */
export const LONGEST_NAME = 64;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** The characters of a name, whatever its length. */
const NAME_CHARACTERS = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Name of a unit or of a site; `what` begins the message, such as an option. */
export function nameSchema(what = ''): z.ZodString {
  return z.string().regex(NAME, {
    error: ({ input }) => {
      const length = typeof input === 'string' ? input.length : 0;
      return length > LONGEST_NAME
        ? `${what}has ${length} characters; a name has ${LONGEST_NAME} at most`
        : `${what}may hold letters, digits, dot, dash and underscore only, and begins with a letter or a digit`;
    },
  });
}

/** Whether a text can be the name of a unit or of a site as it is. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Letters that NFKD does not decompose. */
const TRANSLITERATED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'Ae',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
};

/** Turns a text into a name: `Köln / Halle 3` becomes `Koln-Halle-3`. Null where nothing is left of it. */
export function sanitizeName(text: string): string | null {
  if (NAME_CHARACTERS.test(text)) return text.slice(0, LONGEST_NAME);
  const name = text
    .slice(0, 256)
    .replaceAll(/[ßæÆøØłŁđĐ]/g, (letter) => TRANSLITERATED[letter] ?? '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/-{2,}/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LONGEST_NAME)
    .replace(/[^A-Za-z0-9]+$/, '');
  return name === '' ? null : name;
}
