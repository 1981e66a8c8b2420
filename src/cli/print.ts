import { sanitize } from '../core/index.ts';
import type { Style } from '../report/index.ts';
import type { Io } from './io.ts';
import type { CommonArgs } from './options.ts';

/** A document as it goes to standard output or into a file. */
export function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** How a report for people looks on standard output. */
export function textStyle(args: Pick<CommonArgs, 'color'>, io: Io): Style {
  return { format: 'text', color: io.color && args.color };
}

/** Prints a document: as JSON with `--json`, otherwise as the text that `render` makes of it. */
export function printDocument<T extends object>(
  document: T,
  args: Pick<CommonArgs, 'json' | 'color'>,
  io: Io,
  render: (document: T, style: Style) => string,
): void {
  io.out(args.json ? jsonText(document) : render(document, textStyle(args, io)));
}

/** Says that an output file is complete. `next`: the command that uses it. */
export function sayWritten(
  what: string,
  file: string | undefined,
  io: Pick<Io, 'info'>,
  next?: string,
): void {
  const to = sanitize(file ?? '', 4096);
  io.info(
    `The ${what} was written to ${to}.${next === undefined ? '' : ` To execute it: ${sanitize(next, 4200)}`}\n`,
  );
}
