import pc from 'picocolors';
import { sanitize } from '../core/index.ts';

export interface Style {
  readonly format: 'text' | 'markdown';
  readonly color: boolean;
  /** Terminal columns: text is wrapped between words. Without it every text is one line. */
  readonly width?: number;
}

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'quiet';

/** Writes a report as text or Markdown. Color never carries information alone. */
export interface ReportWriter {
  title(text: string): void;
  heading(text: string): void;
  /** A heading below a heading. */
  subheading(text: string): void;
  /** A line about one thing, with its state in the color of `tone`. */
  item(text: string, state: string, tone: Tone, rest?: string): void;
  /** A line below an item. */
  note(text: string, tone?: Tone): void;
  line(text: string): void;
  /** A task with a box to tick, and its number where the order counts. */
  task(text: string, number?: number): void;
  /** A line to fill in by hand. */
  field(label: string): void;
  /** A table; columns of numbers are right-aligned. Every row has as many cells as the head. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  toString(): string;
}

export function createReportWriter(style: Style): ReportWriter {
  return style.format === 'markdown' ? markdownWriter() : textWriter(style.color, style.width ?? null);
}

function textWriter(color: boolean, width: number | null): ReportWriter {
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
  /** Wraps a text. `first` starts the first line, `indent` the others. */
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
    item(text, state, tone, rest = '') {
      const label = clean(state).padEnd(11);
      if (width === null) {
        lines.push(`  ${clean(text).padEnd(58)} ${toned[tone](label)} ${clean(rest)}`.trimEnd());
        return;
      }
      // The state comes first, so that it is found whatever the length of the text.
      put(`${clean(text)} ${clean(rest)}`.trimEnd(), `  ${toned[tone](label)} `, ' '.repeat(14), plain);
    },
    note: (text, tone = 'quiet') => put(clean(text), '      ', '      ', toned[tone]),
    line: (text) => put(clean(text), '', '', plain),
    task: (text, number) => lines.push(`  [ ] ${numbered(clean(text), number)}`),
    field: (label) => lines.push(`  ${clean(label)}: ${FILL_IN}`),
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

function markdownWriter(): ReportWriter {
  const lines: string[] = [];
  return {
    title: (text) => lines.push(`# ${escaped(text)}`, ''),
    heading: (text) => lines.push('', `## ${escaped(text)}`, ''),
    subheading: (text) => lines.push(...(lines.at(-1) === '' ? [] : ['']), `### ${escaped(text)}`, ''),
    item: (text, state, _tone, rest = '') =>
      lines.push(`- ${escaped(text)} - **${escaped(state)}** ${escaped(rest)}`.trimEnd()),
    note: (text) => lines.push(`  - ${escaped(text)}`),
    line: (text) => lines.push(escaped(text), ''),
    task: (text, number) => lines.push(`- [ ] ${numbered(escaped(text), number)}`),
    field: (label) => lines.push(`- ${escaped(label)}: ${FILL_IN}`),
    table(head, rows) {
      const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
      const rule = head.map((_, column) => (isNumeric(rows, column) ? '---:' : '---'));
      // A line directly above would become part of the table.
      if (lines.at(-1) !== '') lines.push('');
      lines.push(row(head), `| ${rule.join(' | ')} |`, ...rows.map(row), '');
    },
    toString: () => `${lines.join('\n')}\n`,
  };
}

const FILL_IN = '_'.repeat(30);

function numbered(text: string, number: number | undefined): string {
  return number === undefined ? text : `${number}. ${text}`;
}

function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  return rows.every((row) => /^(?:\d+|-)$/.test(row[column] ?? '')) && rows.length > 0;
}

/** Lines of at most `maxLength` characters, wrapped between words; a longer word has its own line. */
function wrapped(text: string, maxLength: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && lengthOf(longer) > maxLength) {
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

/** Any text of a report may come from a device, so every text is sanitized. */
function clean(text: string): string {
  return sanitize(text, 2000);
}

function escaped(text: string): string {
  return clean(text).replace(/[\\`*_[\]<|~&]/g, (mark) => `\\${mark}`);
}
