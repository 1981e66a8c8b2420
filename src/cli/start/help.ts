import { readFile } from 'node:fs/promises';
import { helpColumns } from './help-columns.ts';

/**
 * The text of `upsfw --help`; loads no command. `columns`: the width of the terminal, undefined without
 * one. A build contains the text for the usual widths (scripts/build.mjs): rendering it takes longer than
 * the rest of the start.
 */
export async function helpText(columns?: number): Promise<string> {
  const file = new URL(`../../../help-${helpColumns(columns)}.txt`, import.meta.url);
  const built = await readFile(file, 'utf8').catch(() => null);
  if (built !== null) return built;
  const { renderHelp } = await import('./render-help.ts');
  return renderHelp(columns);
}
