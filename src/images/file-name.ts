/** What the name of a file says of the image in it; empty where it says nothing. */
export interface NameClaims {
  readonly ids: readonly number[];
  /** In the form of the content: `09.4`. */
  readonly versions: readonly string[];
}

// Letters of one or more series, the id, `UPS`: SMT18UPS, SMTSMX1031UPS.
const ID = /[A-Za-z](\d{1,5})UPS/gi;
// Right after it the version: `_09-4`, `_09_4`, ` 09-4`, `09.4`. What follows (Le, NOT750, a date) is not looked at.
const VERSION = /[A-Za-z]\d{1,5}UPS[ _-]*[A-Za-z]?(\d{1,2})[-_.](\d)(?!\d)/gi;
// Names without an id are free text; only the shape of YAMUNA_03-8 is taken for a version.
const BARE_VERSION = /^[A-Za-z]+[ _](\d\d)[-_.](\d)$/;

/** Reads the name of an image file. It is a hint for people only; the content wins. */
export function readFileName(file: string): NameClaims {
  const stem = file.replace(/\.enc$/i, '');
  const ids = [...stem.matchAll(ID)].map((found) => Number(found[1]));
  const bare = ids.length > 0 ? null : BARE_VERSION.exec(stem);
  const found = bare === null ? [...stem.matchAll(VERSION)] : [bare];
  return { ids, versions: found.map(([, major = '', minor = '']) => `${major.padStart(2, '0')}.${minor}`) };
}
