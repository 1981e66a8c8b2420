import pc from 'picocolors';
import { sanitize } from '../core/index.ts';

export interface Style {
  readonly format: 'text' | 'markdown';
  readonly color: boolean;
  /** Columns of the terminal: text is wrapped between words. Left out: one line each, however long. */
  readonly width?: number;
}

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'quiet';

/** Something to write a report on. It alone knows how text and Markdown look; colour never says anything alone. */
export interface ReportWriter {
  title(text: string): void;
  heading(text: string): void;
  /** A heading below a heading. */
  subheading(text: string): void;
  /** A line about one thing; the word in `tone` is what one looks for. */
  item(text: string, word: string, tone: Tone, rest?: string): void;
  /** A line below an item. */
  note(text: string, tone?: Tone): void;
  line(text: string): void;
  /** A thing to be done, with a box for the person who did it, and its number where the order counts. */
  task(text: string, number?: number): void;
  /** A line to be filled in by hand. */
  field(label: string): void;
  /** Rows below a head; columns of numbers stand at the right. Every row has as many cells as the head. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  toString(): string;
}

export function createPaper(style: Style): ReportWriter {
  return style.format === 'markdown' ? markdownPaper() : textPaper(style.color, style.width ?? null);
}

function textPaper(color: boolean, width: number | null): ReportWriter {
  const colors = pc.createColors(color);
  const toned: Record<Tone, (text: string) => string> = {
    good: colors.green,
    bad: (text) => colors.bold(colors.red(text)),
    warn: colors.yellow,
    plain: (text) => text,
    quiet: colors.dim,
  };
  const lines: string[] = [];
  const plain = (text: string): string => text;
  /** Below the first line the text stands at `indent`. */
  const put = (text: string, first: string, indent: string, tone: (line: string) => string): void => {
    const room = width === null ? Number.POSITIVE_INFINITY : width - indent.length;
    for (const [index, line] of wrapped(text, room).entries())
      lines.push(`${index === 0 ? first : indent}${tone(line)}`);
  };
  return {
    title: (text) => {
      put(clean(text), '', '', colors.bold);
      lines.push('');
    },
    heading: (text) => lines.push('', colors.bold(clean(text))),
    subheading: (text) => lines.push('', `  ${clean(text)}`),
    item(text, word, tone, rest = '') {
      const at = clean(word).padEnd(11);
      if (width === null) {
        lines.push(`  ${clean(text).padEnd(58)} ${toned[tone](at)} ${clean(rest)}`.trimEnd());
        return;
      }
      // The word first, so that it is found however long the rest is.
      put(`${clean(text)} ${clean(rest)}`.trimEnd(), `  ${toned[tone](at)} `, ' '.repeat(14), plain);
    },
    note: (text, tone = 'quiet') => put(clean(text), '      ', '      ', toned[tone]),
    line: (text) => put(clean(text), '', '', plain),
    task: (text, number) => lines.push(`  [ ] ${numbered(clean(text), number)}`),
    field: (label) => lines.push(`  ${clean(label)}: ${BLANK}`),
    table(head, rows) {
      const cells = [head, ...rows].map((row) => row.map(clean));
      const right = head.map((_, column) => isNumeric(rows, column));
      const width = head.map((_, column) => Math.max(...cells.map((row) => lengthOf(row[column] ?? ''))));
      for (const [index, row] of cells.entries()) {
        const line = row
          .map((cell, column) => {
            const gap = ' '.repeat((width[column] ?? 0) - lengthOf(cell));
            return right[column] === true ? gap + cell : cell + gap;
          })
          .join('  ')
          .trimEnd();
        lines.push(`  ${index === 0 ? colors.dim(line) : line}`);
      }
    },
    toString: () => `${lines.join('\n')}\n`,
  };
}

function markdownPaper(): ReportWriter {
  const lines: string[] = [];
  return {
    title: (text) => lines.push(`# ${escaped(text)}`, ''),
    heading: (text) => lines.push('', `## ${escaped(text)}`, ''),
    subheading: (text) => lines.push(...(lines.at(-1) === '' ? [] : ['']), `### ${escaped(text)}`, ''),
    item: (text, word, _tone, rest = '') =>
      lines.push(`- ${escaped(text)} - **${escaped(word)}** ${escaped(rest)}`.trimEnd()),
    note: (text) => lines.push(`  - ${escaped(text)}`),
    line: (text) => lines.push(escaped(text), ''),
    task: (text, number) => lines.push(`- [ ] ${numbered(escaped(text), number)}`),
    field: (label) => lines.push(`- ${escaped(label)}: ${BLANK}`),
    table(head, rows) {
      const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
      const rule = head.map((_, column) => (isNumeric(rows, column) ? '---:' : '---'));
      // A line right above would be taken for a part of the table.
      if (lines.at(-1) !== '') lines.push('');
      lines.push(row(head), `| ${rule.join(' | ')} |`, ...rows.map(row), '');
    },
    toString: () => `${lines.join('\n')}\n`,
  };
}

const BLANK = '_'.repeat(30);

function numbered(text: string, number: number | undefined): string {
  return number === undefined ? text : `${number}. ${text}`;
}

function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  return rows.every((row) => /^(?:\d+|-)$/.test(row[column] ?? '')) && rows.length > 0;
}

/** Lines of at most `room` characters, cut between words; a longer word has a line of its own. */
function wrapped(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && lengthOf(longer) > room) {
      lines.push(line.trimEnd());
      line = word;
    } else line = longer;
  }
  return [...lines, line.trimEnd()];
}

/** Characters, not code units. */
function lengthOf(text: string): number {
  return [...text].length;
}

/** Everything on a report may have come from a device; nothing of it reaches a terminal raw. */
function clean(text: string): string {
  return sanitize(text, 2000);
}

function escaped(text: string): string {
  return clean(text).replace(/[\\`*_[\]<|~&]/g, (mark) => `\\${mark}`);
}
