import yargs, { type Argv, type Options } from 'yargs';
import { exitHelp } from '../exit-codes.ts';
import { VERSION } from '../version.ts';
import { helpColumns } from './help-columns.ts';

/**
 * A command line parser without commands. `options`: the options that all commands share. `columns`: the
 * width of the terminal, undefined without one.
 */
export function createParser(options: Readonly<Record<string, Options>>, columns: number | undefined): Argv {
  return yargs()
    .scriptName('upsfw')
    .usage('$0 COMMAND [options]\n\nFinds, audits and upgrades the firmware of APC Smart-UPS units.')
    .options(options)
    .strict()
    .demandCommand(1, 'Name a command.')
    .parserConfiguration({
      'duplicate-arguments-array': true,
      'greedy-arrays': false,
      'camel-case-expansion': true,
      'dot-notation': false,
    })
    .version(VERSION)
    .alias('version', 'V')
    .help()
    .epilogue(exitHelp())
    .alias('help', 'h')
    .locale('en')
    .wrap(helpColumns(columns))
    .exitProcess(false)
    .fail(false);
}
