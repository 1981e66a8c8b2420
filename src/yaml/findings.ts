import { sanitize } from '../core/index.ts';

/** A place in a text; both numbers count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One mistake in a file. */
export interface Finding extends Place {
  readonly message: string;
}

/** The first findings of a file from top to bottom, and the number of further ones. */
export interface Findings {
  readonly shown: readonly Finding[];
  readonly more: number;
}

/** Nobody corrects more at once, and a file of some megabytes can have a mistake in every line. */
export const MAX_FINDINGS = 100;
const MAX_MESSAGE_LENGTH = 400;

interface Entry {
  readonly place: Place;
  readonly message: () => string;
}

/**
 * Collects the findings of one file. Keeps the first ones by place and counts the rest, so its memory is
 * bounded.
 */
export class FindingList {
  #kept: Entry[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /**
   * `message` is called only if the finding is shown. The message may quote the file; it is sanitized here.
   */
  add(place: Place, message: () => string): void {
    this.#count += 1;
    this.#kept.push({ place, message });
    if (this.#kept.length >= MAX_FINDINGS * 20) this.#kept = first(this.#kept);
  }

  /** The first findings of this list and of other lists of the same file. */
  with(...others: readonly FindingList[]): Findings {
    const lists = [this, ...others];
    const shown = first(lists.flatMap((list) => list.#kept)).map(({ place, message }) => ({
      line: place.line,
      column: place.column,
      message: sanitize(message(), MAX_MESSAGE_LENGTH),
    }));
    return { shown, more: lists.reduce((sum, list) => sum + list.#count, 0) - shown.length };
  }
}

function first(entries: readonly Entry[]): Entry[] {
  return [...entries]
    .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
    .slice(0, MAX_FINDINGS);
}

/** `one finding`, or `12 findings`. */
export function countedFindings({ shown, more }: Findings): string {
  const count = shown.length + more;
  return count === 1 ? 'one finding' : `${count.toLocaleString('en')} findings`;
}

/** Findings as lines `file:line:column: message`. A last line counts those that are not shown. */
export function listFindings(file: string, { shown, more }: Findings): string {
  const lines = shown.map(({ line, column, message }) => `${sanitize(file)}:${line}:${column}: ${message}`);
  if (more > 0) lines.push(`and ${more.toLocaleString('en')} more`);
  return lines.join('\n');
}
