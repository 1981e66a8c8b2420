import { COMMAND_TEXTS } from './commands.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import { createParser } from './parser.ts';

/** The text of `upsfw --help`, without loading a command. `columns`: of the terminal, undefined where there is none. */
export async function helpText(columns?: number): Promise<string> {
  const parser = createParser(COMMON_OPTIONS, columns);
  for (const { usage, describe } of COMMAND_TEXTS) parser.command(usage, describe);
  return parser.getHelp();
}
