import type { Argv } from 'yargs';
import { escapedJson, outputText } from '../../core/index.ts';
import type { Command } from '../command.ts';
import { HELP, loadCommands } from '../commands.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { DONE, type Exit } from '../exit-codes.ts';
import { createLog } from '../log.ts';
import { CommonSchema } from '../options.ts';
import type { StoppableIo } from '../stoppable.ts';
import { checkWords, refusedByParser, refuseRepeated, usage, wrongValues } from '../usage.ts';
import { VERSION } from '../version.ts';
import { createParser } from './parser.ts';

/** Runs the command that a line names. Throws what the command throws, and Problem config/usage. */
export async function dispatch(words: readonly string[], io: StoppableIo): Promise<Exit> {
  const commands = await loadCommands(words);
  await checkWords(words, commands);
  const asksForHelp = words.some((word) => HELP.has(word));
  const common = asksForHelp ? COMMON_OPTIONS : withoutChoices(COMMON_OPTIONS);
  const parser = createParser(common, io.terminal?.columns);
  for (const command of commands) {
    parser.command(
      command.usage,
      command.describe,
      (builder) => {
        for (const [name, { describe, array }] of Object.entries(command.positionals)) {
          builder.positional(name, { type: 'string', describe, ...(array ? { array: true } : {}) });
        }
        const own = withoutCommon(command.options);
        builder.options(asksForHelp ? own : withoutChoices(own));
      },
      (argv) => {
        throw new Chosen(command, withDashes(argv));
      },
    );
  }
  const parsed = await parseWords(parser, words, commands.length === 1 ? commands[0] : undefined);
  if (typeof parsed === 'string') {
    io.out(`${parsed}\n`);
    return DONE;
  }
  if (parsed === null) throw usage('Name a command.');
  const { command, argv } = parsed;
  refuseRepeated(command, argv);
  const checked = command.schema.safeParse(argv);
  if (!checked.success) throw wrongValues(command, argv, checked.error);
  const { quiet, json, color, logLevel } = CommonSchema.parse(argv);
  const clean = cleaning(io, argv);
  const log = createLog(logLevel, clean.info);
  log.debug({ command: command.usage, version: VERSION, node: process.version }, 'command');
  try {
    return await command.run(checked.data, {
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
 * The same streams with cleaned output. JSON keeps every character of a string, escaped. Text loses the
 * characters that a reader cannot see.
 */
function cleaning(io: StoppableIo, argv: Readonly<Record<string, unknown>>): StoppableIo {
  const isJson = argv.json === true || argv.jsonl === true || argv.format === 'json';
  // Colors come only where standard output takes them, a live list only on a terminal.
  const styled = io.color || io.terminal !== null;
  const infoStyled = styled || io.infoColor || io.progress === 'live';
  const { ask } = io;
  return {
    ...io,
    out: (text) => io.out(isJson ? escapedJson(text) : outputText(text, styled)),
    info: (text) => io.info(outputText(text, infoStyled)),
    ask: ask === null ? null : (question, hidden) => ask(outputText(question, infoStyled), hidden),
  };
}

/**
 * The options of this command only: yargs lists the choices of an option twice if it gets the option twice.
 */
function withoutCommon(options: Command['options']): Command['options'] {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(COMMON_OPTIONS, name)));
}

/** Choices are for the help text only. The schema reports wrong values, with messages of this tool. */
function withoutChoices(options: Command['options']): Command['options'] {
  return Object.fromEntries(
    Object.entries(options).map(([name, { choices, ...rest }]) => [
      name,
      choices === undefined ? rest : { ...rest, type: 'string' as const },
    ]),
  );
}

/**
 * Thrown by the handler of the chosen command. yargs calls handlers while it parses, so a handler runs
 * nothing. When one returns, yargs lays out the help text of the command, which takes longer than parsing.
 */
class Chosen extends Error {
  readonly command: Command;
  readonly argv: Readonly<Record<string, unknown>>;

  constructor(command: Command, argv: Readonly<Record<string, unknown>>) {
    super('a command was chosen');
    this.command = command;
    this.argv = argv;
  }
}

/**
 * Parses. Returns the chosen command, the text of --help or --version if it was requested, or null if the
 * words name no command. Throws Problem config/usage.
 */
async function parseWords(
  parser: Argv,
  words: readonly string[],
  command: Command | undefined,
): Promise<Chosen | string | null> {
  let shown: string | null = null;
  try {
    const kept = words.map((word) => (word === '-' ? BARE_DASH : word));
    await parser.parseAsync(kept, {}, (error, _argv, output) => {
      if (error) throw error;
      if (output !== '') shown = output;
    });
  } catch (thrown) {
    if (thrown instanceof Chosen) return thrown;
    throw refusedByParser(thrown, command);
  }
  return shown;
}

/** yargs drops a bare `-` (standard input) among positionals, so this value replaces it during parsing. */
const BARE_DASH = '\u0000-';

function withDashes(argv: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const back = (value: unknown): unknown => (value === BARE_DASH ? '-' : value);
  return Object.fromEntries(
    Object.entries(argv).map(([key, value]) => [key, Array.isArray(value) ? value.map(back) : back(value)]),
  );
}
