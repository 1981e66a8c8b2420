import pc from 'picocolors';
import { printable } from '../core/index.ts';

export interface Style {
  readonly format: 'text' | 'markdown';
  readonly color: boolean;
}

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'quiet';

/** Something to write a report on. It alone knows how text and Markdown look; colour never says anything alone. */
export interface Paper {
  title(text: string): void;
  heading(text: string): void;
  /** A line about one thing; the word in `tone` is what one looks for. */
  item(text: string, word: string, tone: Tone, rest?: string): void;
  /** A line below an item. */
  note(text: string, tone?: Tone): void;
  line(text: string): void;
  toString(): string;
}

export function createPaper(style: Style): Paper {
  return style.format === 'markdown' ? markdownPaper() : textPaper(style.color);
}

function textPaper(color: boolean): Paper {
  const colors = pc.createColors(color);
  const toned: Record<Tone, (text: string) => string> = {
    good: colors.green,
    bad: (text) => colors.bold(colors.red(text)),
    warn: colors.yellow,
    plain: (text) => text,
    quiet: colors.dim,
  };
  const lines: string[] = [];
  return {
    title: (text) => lines.push(colors.bold(clean(text)), ''),
    heading: (text) => lines.push('', colors.bold(clean(text))),
    item: (text, word, tone, rest = '') =>
      lines.push(
        `  ${clean(text).padEnd(58)} ${toned[tone](clean(word).padEnd(11))} ${clean(rest)}`.trimEnd(),
      ),
    note: (text, tone = 'quiet') => lines.push(`      ${toned[tone](clean(text))}`),
    line: (text) => lines.push(clean(text)),
    toString: () => `${lines.join('\n')}\n`,
  };
}

function markdownPaper(): Paper {
  const lines: string[] = [];
  return {
    title: (text) => lines.push(`# ${escaped(text)}`, ''),
    heading: (text) => lines.push('', `## ${escaped(text)}`, ''),
    item: (text, word, _tone, rest = '') =>
      lines.push(`- ${escaped(text)} - **${escaped(word)}** ${escaped(rest)}`.trimEnd()),
    note: (text) => lines.push(`  - ${escaped(text)}`),
    line: (text) => lines.push(escaped(text), ''),
    toString: () => `${lines.join('\n')}\n`,
  };
}

/** Everything on a report may have come from a device; nothing of it reaches a terminal raw. */
function clean(text: string): string {
  return printable(text, 2000);
}

function escaped(text: string): string {
  return clean(text).replace(/[\\`*_[\]<|~&]/g, (mark) => `\\${mark}`);
}
