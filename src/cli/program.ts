import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { z } from 'zod';
import { asProblem, escapedJson, outputText, type Problem } from '../core/index.ts';
import type { Command } from './command.ts';
import { loadCommands } from './commands.ts';
import { DONE, type Exit, exitHelp, exitOfProblem } from './exit-codes.ts';
import { createLog, type Io } from './io.ts';
import { COMMON_OPTIONS, CommonSchema } from './options.ts';
import { checkWords, refusedByParser, refuseRepeated, usage, wrongValues } from './usage.ts';

/** Runs one command line and gives its exit code. Never throws and never exits the process. */
export async function runProgram(words: readonly string[], io: Io): Promise<Exit> {
  const end = words.indexOf('--');
  const wantsJson = words.slice(0, end === -1 ? words.length : end).includes('--json');
  try {
    return await dispatch(words, io);
  } catch (thrown) {
    return report(asProblem(thrown), io, wantsJson);
  }
}

function report(problem: Problem, io: Io, wantsJson: boolean): Exit {
  const code = exitOfProblem(problem);
  if (wantsJson) {
    const document = {
      schema: 'upsfw/error@1',
      generatedAt: io.clock.now().toISOString(),
      problem: problem.toJSON(),
      exitCode: code,
    };
    io.out(escapedJson(`${JSON.stringify(document, null, 2)}\n`));
  }
  const details = problem.details.map((line) => `  ${line}\n`).join('');
  io.info(outputText(`upsfw: ${problem.message}\n${details}  ${problem.hint}\n  (${problem.code})\n`, false));
  return code;
}

async function dispatch(words: readonly string[], io: Io): Promise<Exit> {
  const commands = await loadCommands(words);
  await checkWords(words, commands);
  const asksForHelp = words.some((word) => HELP.has(word));
  // yargs calls handlers while it parses. The handler only stores the command, so that a failed check runs
  // nothing.
  const chosen: { command: Command; argv: Record<string, unknown> }[] = [];
  const parser = yargs()
    .scriptName('upsfw')
    .usage('$0 COMMAND [options]\n\nFind, audit and upgrade the firmware of APC Smart-UPS units.')
    // A command adds the common options again, and yargs would list their choices twice.
    .options(asksForHelp && commands.length !== 1 ? COMMON_OPTIONS : withoutChoices(COMMON_OPTIONS))
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
    .wrap(Math.min(io.terminal?.columns ?? 100, 110))
    .exitProcess(false)
    .fail(false);
  for (const command of commands) {
    parser.command(
      command.usage,
      command.describe,
      (builder) => {
        for (const [name, { describe, array }] of Object.entries(command.positionals)) {
          builder.positional(name, { type: 'string', describe, ...(array ? { array: true } : {}) });
        }
        builder.options(asksForHelp ? command.options : withoutChoices(command.options));
      },
      (argv) => {
        chosen.push({ command, argv: withDashes(argv) });
      },
    );
  }
  const text = await parseWords(parser, words, commands.length === 1 ? commands[0] : undefined);
  if (text !== null) {
    io.out(`${text}\n`);
    return DONE;
  }
  const [first] = chosen;
  if (first === undefined) throw usage('Name a command.');
  refuseRepeated(first.command, first.argv);
  const checked = first.command.schema.safeParse(first.argv);
  if (!checked.success) throw wrongValues(first.command, first.argv, checked.error);
  const { quiet, json, color, logLevel } = CommonSchema.parse(first.argv);
  const clean = cleaning(io, first.argv);
  const log = createLog(logLevel, clean.info);
  log.debug({ command: first.command.usage, version: VERSION, node: process.version }, 'command');
  try {
    return await first.command.run(checked.data, {
      ...clean,
      color: io.color && color,
      infoColor: io.infoColor && color,
      ...(quiet ? { info: () => undefined } : {}),
      ...(quiet || json ? { progress: 'none' as const } : {}),
      log,
    });
  } catch (thrown) {
    log.debug({ err: thrown }, 'the command ended with a problem');
    throw thrown;
  }
}

/**
 * The same streams with sanitized output: JSON keeps every character of a string as an escape, and text loses
 * invisible characters.
 */
function cleaning(io: Io, argv: Readonly<Record<string, unknown>>): Io {
  const isJson = argv.json === true || argv.jsonl === true || argv.format === 'json';
  // Colors are only used where standard output supports them, a live list only on a terminal.
  const styled = io.color || io.terminal !== null;
  const talkStyled = styled || io.infoColor || io.progress === 'live';
  const { ask } = io;
  return {
    ...io,
    out: (text) => io.out(isJson ? escapedJson(text) : outputText(text, styled)),
    info: (text) => io.info(outputText(text, talkStyled)),
    ask: ask === null ? null : (question, hidden) => ask(outputText(question, talkStyled), hidden),
  };
}

const HELP: ReadonlySet<string> = new Set(['--help', '-h', 'help']);

/** Choices are for the help text only: wrong values are reported by the schema of the command. */
function withoutChoices(options: Command['options']): Command['options'] {
  return Object.fromEntries(
    Object.entries(options).map(([name, { choices, ...rest }]) => [
      name,
      choices === undefined ? rest : { ...rest, type: 'string' as const },
    ]),
  );
}

/** From package.json, which is beside the sources and beside a build. */
const { version: VERSION } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

/**
 * Parses the command line; gives the text of --help or --version if requested. Throws Problem config/usage.
 */
async function parseWords(
  parser: ReturnType<typeof yargs>,
  words: readonly string[],
  command: Command | undefined,
): Promise<string | null> {
  let shown: string | null = null;
  try {
    const kept = words.map((word) => (word === '-' ? BARE_DASH : word));
    await parser.parseAsync(kept, {}, (error, _argv, output) => {
      if (error) throw error;
      if (output !== '') shown = output;
    });
  } catch (thrown) {
    throw refusedByParser(thrown, command);
  }
  return shown;
}

/** yargs loses a single `-` among positionals, which means standard input: it is replaced while parsing. */
const BARE_DASH = '\u0000-';

function withDashes(argv: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const back = (value: unknown): unknown => (value === BARE_DASH ? '-' : value);
  return Object.fromEntries(
    Object.entries(argv).map(([key, value]) => [key, Array.isArray(value) ? value.map(back) : back(value)]),
  );
}
