import type { z } from 'zod';
import { Problem, sanitize } from '../core/index.ts';
import type { Command } from './command.ts';
import { COMMANDS, loadCommands } from './commands.ts';
import { COMMON_OPTIONS } from './common-options.ts';

/** What a command line may say, and what is said about one that is wrong. Everything thrown is Problem config/usage. */

const SEE_HELP = 'upsfw --help and upsfw COMMAND --help list what there is.';

export function usage(message: string, hint = SEE_HELP): Problem {
  return new Problem('config/usage', sanitize(message, 2000), { hint });
}

/** yargs' own short forms, beside those of the options. */
const OF_ALL: readonly string[] = ['help', 'h', 'version', 'V'];

interface Known {
  /** Every spelling that is taken behind one or two dashes. */
  readonly names: ReadonlySet<string>;
  /** Names of the switches, which take no value. */
  readonly switches: ReadonlySet<string>;
  /** Names and short forms of the options that take a value. */
  readonly valued: ReadonlySet<string>;
}

function knownOf(commands: readonly Command[]): Known {
  const names = new Set(OF_ALL);
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

/** A word that yargs takes for options: `--name`, `--name=value`, `-n`. A bare `-` and negative numbers are none. */
const OPTION = /^(--?)(?![\d.-])([^=]+)(=?)(.*)$/s;

/**
 * Refuses what yargs takes silently, or names badly: unknown commands and options, options without their value, switches with
 * one, and a bare `--`. `commands`: the one that is meant, or all where none is named.
 */
export async function checkWords(words: readonly string[], commands: readonly Command[]): Promise<void> {
  const command = commands.length === 1 ? commands[0] : undefined;
  const known = knownOf(commands);
  const unknown: string[] = [];
  const bare: string[] = [];
  for (const [index, word] of words.entries()) {
    if (word === '--') throw usage('A bare -- is not taken: what follows it would be ignored.');
    const [, dashes, name = '', equals, value = ''] = OPTION.exec(word) ?? [];
    if (dashes === undefined) {
      if (!takesNext(words[index - 1], known)) bare.push(word);
      continue;
    }
    // yargs reads -ab as -a -b; the first letter that is no option is the one to name.
    const odd = dashes === '--' ? [name] : [...name];
    const lost = odd.find((one) => !known.names.has(one));
    if (lost !== undefined) unknown.push(`${dashes}${lost}`);
    else if (known.valued.has(name)) {
      const next = equals === '=' ? value : words[index + 1];
      if (next === undefined || next === '' || (equals === '' && next.startsWith('--')))
        throw usage(`${dashes}${name} needs a value.`);
    } else if (equals === '=' && value !== 'true' && value !== 'false')
      throw usage(`${dashes}${name} is a switch: it takes no value, and not "${sanitize(value)}".`);
  }
  if (unknown.length > 0) throw await unknownOptions([...new Set(unknown)], command, known);
  const [first] = bare;
  if (command === undefined && first !== undefined && first !== 'help') throw unknownCommand(first);
}

function takesNext(word: string | undefined, { valued }: Known): boolean {
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

/** Names that other programs have for a look at what would be done. */
const DRY_RUN: ReadonlySet<string> = new Set(['--dry-run', '--dryrun', '--dry', '--noop', '--no-op', '-n']);
const ONLY_SHOWS = 'upsfw upgrade without --apply only shows the plan.';

async function unknownOptions(
  unknown: readonly string[],
  command: Command | undefined,
  known: Known,
): Promise<Problem> {
  const named = unknown.map((name) => sanitize(name, 60)).join(', ');
  const where = command === undefined ? '' : ` of upsfw ${nameOf(command)}`;
  const message = `Unknown option${unknown.length === 1 ? '' : 's'}${where}: ${named}.`;
  if (unknown.some((name) => DRY_RUN.has(name))) return usage(message, ONLY_SHOWS);
  const hints: string[] = [];
  for (const word of unknown) {
    const name = word.replace(/^-+/, '');
    const near = nearest(
      name,
      [...known.names].filter((one) => one.length > 1 && one === dashed(one)),
    );
    const owners = near === name ? [] : await ownersOf(name);
    if (owners.length > 0) hints.push(`${word} belongs to upsfw ${owners.join(', ')}.`);
    if (near !== null) hints.push(`Did you mean --${near} instead of ${sanitize(word, 60)}?`);
  }
  const see = command === undefined ? SEE_HELP : `upsfw ${nameOf(command)} --help lists what there is.`;
  return usage(message, [...hints, see].join(' '));
}

/** The commands that have an option of this name. */
async function ownersOf(name: string): Promise<readonly string[]> {
  const all = await loadCommands([]);
  return all.filter(({ options }) => Object.hasOwn(options, name)).map(nameOf);
}

function nameOf({ usage: words }: Command): string {
  return words.split(' ')[0] ?? '';
}

/** An option that takes one value and is given two leaves open which of them is meant. */
export function refuseRepeated(command: Command, argv: Readonly<Record<string, unknown>>): void {
  for (const [name, { array }] of Object.entries(command.options)) {
    if (!array && Array.isArray(argv[name])) throw usage(`--${name} can be given only once.`);
  }
}

/** What the schema of a command says against its words, one line for each value. A refused value may be a secret: it is not shown. */
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
      const meant = near === null ? '' : ` Did you mean ${near}?`;
      return `${shown}: "${sanitize(given, 60)}" is not one of ${all.join(', ')}.${meant}`;
    }
    if (issue.code === 'invalid_type' && issue.expected === 'number') return `${shown} must be a number.`;
    if (/^[\w-]+: /.test(issue.message)) return `${issue.message}.`;
    return `${shown}: ${issue.message}.`;
  });
  return usage(lines.join('\n'), `upsfw ${nameOf(command)} --help lists what there is.`);
}

/** What yargs itself refuses, such as a word too many. */
export function refusedByParser(thrown: unknown, command: Command | undefined): Problem {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (command === undefined) return usage(message);
  const see = `It takes: upsfw ${command.usage}. upsfw ${nameOf(command)} --help lists the options.`;
  if (message.startsWith('Not enough non-option'))
    return usage(`upsfw ${nameOf(command)} needs more words.`, see);
  const [, words] = /^Unknown arguments?: (.*)$/s.exec(message) ?? [];
  return words === undefined
    ? usage(message, see)
    : usage(`upsfw ${nameOf(command)} takes no word "${words}".`, see);
}

/** The known word that is most like a word; null where none is like it. */
export function nearest(word: string, known: readonly string[]): string | null {
  const wanted = word.toLowerCase().slice(0, 40);
  if (wanted.length < 2) return null;
  let best: string | null = null;
  // A third of the letters may be wrong, and of short words one.
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const one of known) {
    const begins = one.length > 2 && (wanted.startsWith(one) || one.startsWith(wanted));
    const far = distance(wanted, one.toLowerCase());
    const counted = begins ? Math.min(far, 1) : far;
    if (counted < least) {
      best = one;
      least = counted;
    }
  }
  return best;
}

/** Letters to put in, take out, change or swap with their neighbor (optimal string alignment). */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let last: number[] = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const now = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (now[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      now.push(cost);
    }
    before = last;
    last = now;
  }
  return last[other.length] ?? 0;
}
