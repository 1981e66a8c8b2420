import { LONGEST_NAME } from './schema.ts';

const SPELLED: Readonly<Record<string, string>> = {
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

/** What an inventory takes as a name, whatever its length. */
const FIT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Makes a text a name that an inventory takes: `Köln / Halle 3` is `Koln-Halle-3`. Null where nothing is left of it. */
export function sanitizeName(text: string): string | null {
  if (FIT.test(text)) return text.slice(0, LONGEST_NAME);
  const fit = text
    .slice(0, 256)
    .replaceAll(/[ßæÆøØłŁđĐ]/g, (letter) => SPELLED[letter] ?? '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/-{2,}/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LONGEST_NAME)
    .replace(/[^A-Za-z0-9]+$/, '');
  return fit === '' ? null : fit;
}
