import type { z } from 'zod';
import { Problem, sanitize } from '../core/index.ts';
import type { Command } from './command.ts';
import { COMMANDS, loadCommands } from './commands.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import { nearest } from './nearest.ts';

/** Checks of the command line, and the problems of a wrong one. Everything thrown is Problem config/usage. */

const SEE_HELP = 'See upsfw --help and upsfw COMMAND --help.';

export function usage(message: string, hint = SEE_HELP): Problem {
  return new Problem('config/usage', sanitize(message, 2000), { hint });
}

/** Options of yargs itself. */
const BUILT_IN: readonly string[] = ['help', 'h', 'version', 'V'];

interface KnownOptions {
  /** Every accepted spelling, without dashes. */
  readonly names: ReadonlySet<string>;
  /** Options without a value. */
  readonly switches: ReadonlySet<string>;
  /** Names and short forms of options with a value. */
  readonly valued: ReadonlySet<string>;
}

function knownOptions(commands: readonly Command[]): KnownOptions {
  const names = new Set(BUILT_IN);
  const switches = new Set<string>(['help', 'version']);
  const valued = new Set<string>();
  for (const options of [COMMON_OPTIONS, ...commands.map((command) => command.options)]) {
    for (const [name, { type, alias }] of Object.entries(options)) {
      const spellings = [name, camelCased(name), ...[alias ?? []].flat()];
      for (const spelling of spellings) names.add(spelling);
      if (type === 'boolean') {
        switches.add(name);
        names.add(`no-${name}`);
      } else for (const spelling of spellings) valued.add(spelling);
    }
  }
  return { names, switches, valued };
}

function camelCased(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * What yargs takes for an option: `--name`, `--name=value`, `-n`; not a single `-` and not a negative number.
 */
const OPTION = /^(--?)(?![\d.-])([^=]+)(=?)(.*)$/s;

/**
 * Refuses what yargs accepts silently or reports badly: unknown commands and options, options without their
 * value, switches with a value, and a single `--`. `commands`: the one that is named, or all where none is.
 */
export async function checkWords(words: readonly string[], commands: readonly Command[]): Promise<void> {
  const command = commands.length === 1 ? commands[0] : undefined;
  const known = knownOptions(commands);
  const unknown: string[] = [];
  const bare: string[] = [];
  for (const [index, word] of words.entries()) {
    if (word === '--') throw usage('-- is not supported.');
    const [, dashes, name = '', equals, value = ''] = OPTION.exec(word) ?? [];
    if (dashes === undefined) {
      if (!takesNext(words[index - 1], known)) bare.push(word);
      continue;
    }
    // yargs reads -ab as -a -b: report the first letter that is not an option.
    const spellings = dashes === '--' ? [name] : [...name];
    const unknownName = spellings.find((one) => !known.names.has(one));
    if (unknownName !== undefined) unknown.push(`${dashes}${unknownName}`);
    else if (known.valued.has(name)) {
      const next = equals === '=' ? value : words[index + 1];
      if (next === undefined || next === '' || (equals === '' && next.startsWith('--')))
        throw usage(`${dashes}${name} needs a value.`);
    } else if (equals === '=' && value !== 'true' && value !== 'false')
      throw usage(`${dashes}${name} takes no value, but "${sanitize(value)}" is given.`);
  }
  if (unknown.length > 0) throw await unknownOptions([...new Set(unknown)], command, known);
  const [first] = bare;
  if (command === undefined && first !== undefined && first !== 'help') throw unknownCommand(first);
}

function takesNext(word: string | undefined, { valued }: KnownOptions): boolean {
  const [, , name = '', equals] = OPTION.exec(word ?? '') ?? [];
  return equals === '' && valued.has(name);
}

function unknownCommand(word: string): Problem {
  const near = nearest(word, COMMANDS);
  return usage(
    `Unknown command "${sanitize(word, 60)}".${near === null ? '' : ` Did you mean ${near}?`}`,
    `The commands are ${COMMANDS.join(', ')}.`,
  );
}

/** Options of other programs that only show what would be done. */
const DRY_RUN: ReadonlySet<string> = new Set(['--dry-run', '--dryrun', '--dry', '--noop', '--no-op', '-n']);
const DRY_RUN_HINT = 'upsfw upgrade without --apply only shows the plan.';

async function unknownOptions(
  unknown: readonly string[],
  command: Command | undefined,
  known: KnownOptions,
): Promise<Problem> {
  const named = unknown.map((name) => sanitize(name, 60)).join(', ');
  const where = command === undefined ? '' : ` of upsfw ${nameOf(command)}`;
  const message = `Unknown option${unknown.length === 1 ? '' : 's'}${where}: ${named}.`;
  if (unknown.some((name) => DRY_RUN.has(name))) return usage(message, DRY_RUN_HINT);
  const hints: string[] = [];
  for (const option of unknown) {
    const name = option.replace(/^-+/, '');
    const near = nearest(
      name,
      [...known.names].filter((one) => one.length > 1 && one === dashed(one)),
    );
    const owners = near === name ? [] : await ownersOf(name);
    if (owners.length > 0) hints.push(`${option} is an option of upsfw ${owners.join(', ')}.`);
    if (near !== null) hints.push(`Did you mean --${near} instead of ${sanitize(option, 60)}?`);
  }
  const see = command === undefined ? SEE_HELP : `See upsfw ${nameOf(command)} --help.`;
  return usage(message, [...hints, see].join(' '));
}

/** The commands with an option of this name. */
async function ownersOf(name: string): Promise<readonly string[]> {
  const all = await loadCommands([]);
  return all.filter(({ options }) => Object.hasOwn(options, name)).map(nameOf);
}

function nameOf({ usage: notation }: Command): string {
  return notation.split(' ')[0] ?? '';
}

/** Two values of an option with one value are ambiguous. */
export function refuseRepeated(command: Command, argv: Readonly<Record<string, unknown>>): void {
  for (const [name, { array }] of Object.entries(command.options)) {
    if (!array && Array.isArray(argv[name])) throw usage(`--${name} can be given only once.`);
  }
}

/**
 * The findings of a command's schema, one line for each value. A free value may be a secret, so it is not
 * shown.
 */
export function wrongValues(
  command: Command,
  argv: Readonly<Record<string, unknown>>,
  { issues }: z.ZodError,
): Problem {
  const lines = issues.map((issue) => {
    const [key, index] = issue.path;
    const name = String(key ?? '');
    const shown = Object.hasOwn(command.positionals, name) ? name.toUpperCase() : `--${dashed(name)}`;
    if (issue.code === 'invalid_value') {
      const all = issue.values.map(String);
      const value = argv[name];
      const given = Array.isArray(value) ? value[Number(index ?? 0)] : value;
      if (typeof given !== 'string') return `${shown} must be one of ${all.join(', ')}.`;
      const near = nearest(given, all);
      const suggestion = near === null ? '' : ` Did you mean ${near}?`;
      return `${shown}: "${sanitize(given, 60)}" is not one of ${all.join(', ')}.${suggestion}`;
    }
    if (issue.code === 'invalid_type' && issue.expected === 'number') return `${shown} must be a number.`;
    if (/^[\w-]+: /.test(issue.message)) return `${issue.message}.`;
    return `${shown}: ${issue.message}.`;
  });
  return usage(lines.join('\n'), `See upsfw ${nameOf(command)} --help.`);
}

/** What yargs itself refuses, such as a surplus argument. */
export function refusedByParser(thrown: unknown, command: Command | undefined): Problem {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (command === undefined) return usage(message);
  const see = `Usage: upsfw ${command.usage}. See upsfw ${nameOf(command)} --help.`;
  if (message.startsWith('Not enough non-option'))
    return usage(`upsfw ${nameOf(command)}: an argument is missing.`, see);
  const [, surplus] = /^Unknown arguments?: (.*)$/s.exec(message) ?? [];
  return surplus === undefined
    ? usage(message, see)
    : usage(`upsfw ${nameOf(command)}: unexpected argument "${surplus}".`, see);
}
