import { COMMAND_TEXTS } from '../commands.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { createParser } from './parser.ts';

/** Renders the text of `upsfw --help` for a width. Loads no command. */
export async function renderHelp(columns?: number): Promise<string> {
  const parser = createParser(COMMON_OPTIONS, columns);
  for (const { usage, describe } of COMMAND_TEXTS) parser.command(usage, describe);
  return parser.getHelp();
}
