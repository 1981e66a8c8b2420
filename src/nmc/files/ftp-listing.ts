import { type ListedFile, parseListing } from '../session/reply.ts';

const LONGEST_LINE = 1000;
const MOST_FACTS = 40;
/** A size is digits, and few enough of them for an exact number. */
const SIZE = /^\d{1,15}$/;
/** Entries of a machine listing (RFC 3659) that are no files: a folder, the folder itself, the one above it. */
const NO_FILES: ReadonlySet<string> = new Set(['dir', 'cdir', 'pdir']);

/**
 * The files of an FTP listing: the machine form (`size=7;type=file; name`), the form of cards, and the long form of Unix. Lines
 * of any other form are left out; what stands for a size and is none gives a file without a size. Never throws.
 */
export function parseFtpListing(text: string): readonly ListedFile[] {
  const lines = text.split(/\r?\n/).map((line) => line.slice(0, LONGEST_LINE));
  if (lines.some((line) => factsOf(line) !== null)) return lines.flatMap(machineEntry);
  // Folders of the long form end in no stroke; among them the folder itself and the one above it.
  return parseListing(lines.filter((line) => !/^d[-rwxsStT]{9}/.test(line)));
}

/** `type=file;size=7;` and the name behind the first blank; null for a line of another form. */
function factsOf(line: string): { readonly facts: readonly string[]; readonly name: string } | null {
  const blank = line.indexOf(' ');
  if (blank < 0 || line[blank - 1] !== ';') return null;
  const facts = line.slice(0, blank - 1).split(';');
  const isForm = facts.length <= MOST_FACTS && facts.every((fact) => /^[^=\s]{1,40}=/.test(fact));
  return isForm ? { facts, name: line.slice(blank + 1) } : null;
}

function machineEntry(line: string): readonly ListedFile[] {
  const found = factsOf(line);
  if (found === null || found.name === '' || found.name.includes('/')) return [];
  const values = new Map<string, string>();
  for (const fact of found.facts) {
    const [name = ''] = fact.split('=', 1);
    const key = name.toLowerCase();
    // Which of two sizes is meant is not known.
    values.set(key, values.has(key) ? '' : fact.slice(name.length + 1));
  }
  if (NO_FILES.has((values.get('type') ?? '').toLowerCase())) return [];
  const size = values.get('size') ?? '';
  return [{ name: found.name, bytes: SIZE.test(size) ? Number(size) : null }];
}
