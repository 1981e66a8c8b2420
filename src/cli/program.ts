import yargs from 'yargs';
import { z } from 'zod';
import { asProblem, Problem, printable } from '../core/index.ts';
import type { Command, Exit } from './command.ts';
import { loadCommands } from './commands.ts';
import { createLog, type Io } from './io.ts';
import { COMMON_OPTIONS, CommonSchema } from './options.ts';

/** Runs one command line and gives its exit code. Never throws, never ends the process. */
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
  const code = exitOf(problem);
  if (wantsJson) {
    const document = {
      schema: 'upsfw/error@1',
      generatedAt: io.clock.now().toISOString(),
      problem: problem.toJSON(),
      exitCode: code,
    };
    io.out(`${JSON.stringify(document, null, 2)}\n`);
  }
  io.talk(`upsfw: ${problem.message}\n  ${problem.hint}\n  (${problem.code})\n`);
  return code;
}

/** Who is to blame decides the code: what the operator wrote is 2, a fault of the tool is 1. */
function exitOf(problem: Problem): Exit {
  if (problem.code.startsWith('internal/')) return 1;
  if (problem.code.startsWith('config/') || problem.code.startsWith('image/')) return 2;
  if (problem.code === 'refused/interrupted') return 130;
  if (problem.code === 'refused/confirmation') return 2;
  if (problem.code.startsWith('refused/')) return 3;
  return 4;
}

async function dispatch(words: readonly string[], io: Io): Promise<Exit> {
  const commands = await loadCommands(words);
  refuseOddFlags(words, commands);
  // yargs calls a handler while it parses; the handler only notes the command, so that a failed check runs nothing.
  const chosen: { command: Command; argv: Record<string, unknown> }[] = [];
  const parser = yargs()
    .scriptName('upsfw')
    .usage('$0 COMMAND [options]\n\nFinds, audits and upgrades the firmware of APC Smart-UPS units.')
    .options(COMMON_OPTIONS)
    .strict()
    .demandCommand(1, 'Name a command.')
    .recommendCommands()
    .parserConfiguration({
      'duplicate-arguments-array': true,
      'greedy-arrays': false,
      'camel-case-expansion': true,
    })
    .version(VERSION)
    .help()
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
        builder.options(command.options);
      },
      (argv) => {
        chosen.push({ command, argv: withDashes(argv) });
      },
    );
  }
  const text = await parseWords(parser, words);
  if (text !== null) {
    io.out(`${text}\n`);
    return 0;
  }
  const [first] = chosen;
  if (first === undefined) throw usage('Name a command.');
  refuseRepeated(first.command, first.argv);
  const checked = first.command.schema.safeParse(first.argv);
  if (!checked.success) throw usage(z.prettifyError(checked.error));
  const { quiet, json, color, logLevel } = CommonSchema.parse(first.argv);
  const log = createLog(logLevel, io.talk);
  log.debug({ command: first.command.usage, version: VERSION, node: process.version }, 'command');
  try {
    return await first.command.run(checked.data, {
      ...io,
      color: io.color && color,
      talkColor: io.talkColor && color,
      ...(quiet ? { talk: () => undefined } : {}),
      ...(quiet || json ? { progress: 'none' as const } : {}),
      log,
    });
  } catch (thrown) {
    log.debug({ err: thrown }, 'the command ended with a problem');
    throw thrown;
  }
}

const VERSION = '0.1.0';

/** Parses; gives the text of --help or --version where that was asked for. Throws Problem config/usage. */
async function parseWords(
  parser: ReturnType<typeof yargs>,
  words: readonly string[],
): Promise<string | null> {
  let shown: string | null = null;
  try {
    const kept = words.map((word) => (word === '-' ? BARE_DASH : word));
    await parser.parseAsync(kept, {}, (error, _argv, output) => {
      if (error) throw error;
      if (output !== '') shown = output;
    });
  } catch (thrown) {
    throw usage(thrown instanceof Error ? thrown.message : String(thrown));
  }
  return shown;
}

/** yargs loses a bare `-` among positionals, which means standard input: on its way through it is called otherwise. */
const BARE_DASH = '\u0000-';

function withDashes(argv: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const back = (value: unknown): unknown => (value === BARE_DASH ? '-' : value);
  return Object.fromEntries(
    Object.entries(argv).map(([key, value]) => [key, Array.isArray(value) ? value.map(back) : back(value)]),
  );
}

function usage(message: string): Problem {
  return new Problem('config/usage', printable(message, 2000), {
    hint: 'upsfw --help and upsfw COMMAND --help list what there is.',
  });
}

/** An option that takes one value and is given two leaves open which of them is meant. */
function refuseRepeated(command: Command, argv: Readonly<Record<string, unknown>>): void {
  for (const [name, { array }] of Object.entries(command.options)) {
    if (!array && Array.isArray(argv[name])) throw usage(`--${name} can be given only once.`);
  }
}

/**
 * yargs takes `--apply=maybe` for false and says nothing. A word after `=` behind a switch is an error here, and so is
 * a switch said twice in different ways.
 */
function refuseOddFlags(words: readonly string[], commands: readonly Command[]): void {
  const switches = new Set<string>();
  const lists = new Set<string>();
  for (const options of [COMMON_OPTIONS, ...commands.map((command) => command.options)]) {
    for (const [name, option] of Object.entries(options)) {
      if (option.type === 'boolean') switches.add(name);
      if (option.array) lists.add(name);
    }
  }
  for (const [index, word] of words.entries()) {
    if (word === '--') throw usage('A bare -- is not taken: what follows it would be ignored.');
    const list = /^--([a-z-]+)(=?)(.*)$/.exec(word);
    if (list !== null && lists.has(list[1] ?? '')) {
      // yargs would take the option for one that was not given, and a whole fleet for what was chosen.
      const next = list[2] === '=' ? list[3] : words[index + 1];
      if (next === undefined || next === '' || (list[2] === '' && next.startsWith('--')))
        throw usage(`--${list[1]} needs a value.`);
    }
    const found = /^--(?:no-)?([a-z-]+)=(.*)$/.exec(word);
    if (found === null || !switches.has(found[1] ?? '')) continue;
    if (found[2] !== 'true' && found[2] !== 'false') {
      throw usage(`--${found[1]} is a switch: it takes no value, and not "${printable(found[2] ?? '')}".`);
    }
  }
}
