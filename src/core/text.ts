// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what this file removes
/** Escape sequences, control characters, and the marks that turn the reading direction round. */
const UNPRINTABLE =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)|[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Makes text that came from a device, a file or a server fit for a terminal, a log or a report:
 * no escape sequences, no control characters, at most `limit` characters.
 */
export function printable(text: string, limit = 200): string {
  // The cut comes first: a device may send megabytes, and cleaning them would be work done for it.
  const clean = text
    .slice(0, limit * 4)
    .replace(UNPRINTABLE, ' ')
    .replace(/ {2,}/g, (run) => (run.length > 8 ? '  ' : run))
    .trim();
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
}

const MOST_NAMED = 8;

/** `a, b and c`, or `a, b and 3 more`: a list for a message, bounded however long the list is. */
export function enumerated(names: readonly string[]): string {
  const named =
    names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `${names.length - MOST_NAMED} more`] : names;
  return named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}
