import { type ListedFile, parseListing } from '../session/reply.ts';

const MAX_LINE = 1000;
const MAX_FACTS = 40;
/** A size has only digits, few enough for an exact number. */
const SIZE = /^\d{1,15}$/;
/** Entries of a machine listing (RFC 3659) that are not files: a folder, the folder itself, its parent. */
const NO_FILES: ReadonlySet<string> = new Set(['dir', 'cdir', 'pdir']);

/**
 * The files of an FTP listing: the machine format (`size=7;type=file; name`), the format of cards and the
 * long Unix format. Lines in other formats are skipped. A file whose size is not a number has no size. Never
 * throws.
 */
export function parseFtpListing(text: string): readonly ListedFile[] {
  const lines = text.split(/\r?\n/).map((line) => line.slice(0, MAX_LINE));
  if (lines.some((line) => factsOf(line) !== null)) return lines.flatMap(machineEntry);
  // Folders of the long format do not end in a slash; they include the folder itself and its parent.
  return parseListing(lines.filter((line) => !/^d[-rwxsStT]{9}/.test(line)));
}

/** `type=file;size=7;` and the name after the first space; null for a line in another format. */
function factsOf(line: string): { readonly facts: readonly string[]; readonly name: string } | null {
  const space = line.indexOf(' ');
  if (space < 0 || line[space - 1] !== ';') return null;
  const facts = line.slice(0, space - 1).split(';');
  const isForm = facts.length <= MAX_FACTS && facts.every((fact) => /^[^=\s]{1,40}=/.test(fact));
  return isForm ? { facts, name: line.slice(space + 1) } : null;
}

function machineEntry(line: string): readonly ListedFile[] {
  const found = factsOf(line);
  if (found === null || found.name === '' || found.name.includes('/')) return [];
  const values = new Map<string, string>();
  for (const fact of found.facts) {
    const [name = ''] = fact.split('=', 1);
    const key = name.toLowerCase();
    // With two sizes it is not known which one is right.
    values.set(key, values.has(key) ? '' : fact.slice(name.length + 1));
  }
  if (NO_FILES.has((values.get('type') ?? '').toLowerCase())) return [];
  const size = values.get('size') ?? '';
  return [{ name: found.name, bytes: SIZE.test(size) ? Number(size) : null }];
}
