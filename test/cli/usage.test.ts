import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { COMMAND_TEXTS, COMMANDS, loadCommands } from '../../src/cli/commands.ts';
import { nearest } from '../../src/cli/nearest.ts';
import { runHere } from '../support/sites/site.ts';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

describe('the usual short forms', () => {
  it('-h is --help, alone and behind a command', async () => {
    for (const before of [[], ['upgrade'], ['rules'], ['local']]) {
      const short = await runHere([...before, '-h']);
      expect(short).toMatchObject({ exit: 0, info: '' });
      expect(short.out).toBe((await runHere([...before, '--help'])).out);
    }
    expect((await runHere(['upgrade', '-h'])).out).toContain('--apply');
    expect((await runHere(['plan', '-h'])).out).toMatch(/choices: "text", "md"/);
  });

  it('-V is --version, and both are the version of package.json', async () => {
    for (const word of ['-V', '--version'])
      expect(await runHere([word])).toMatchObject({ exit: 0, out: `${version}\n` });
  });
});

describe('help', () => {
  it('lists each command with the texts of that command, in any terminal width', async () => {
    const commands = await loadCommands([]);
    const texts = commands.map(({ usage, describe: text }) => ({ usage, describe: text }));
    expect(COMMAND_TEXTS).toMatchObject(texts);
    expect(texts).toHaveLength(COMMANDS.length);
    for (const columns of [60, 80, 100, 200]) {
      const terminal = { columns, rows: 24 };
      const alone = await runHere(['--help'], { terminal });
      expect(alone).toMatchObject({ exit: 0, info: '' });
      // With one more option, the same text comes from the commands themselves.
      expect(alone.out).toBe((await runHere(['--help', '--state', 'x'], { terminal })).out);
      expect(alone.out).toBe((await runHere(['--quiet', 'help'], { terminal })).out);
    }
  });

  it.each(COMMANDS.map((name) => [name]))('of %s lists the choices of an option once', async (name) => {
    const { out } = await runHere([name, '--help']);
    expect(out.match(/"silent"/g)).toHaveLength(1);
    for (const [list = ''] of out.matchAll(/(?<=choices: )[^\]]+/g)) {
      const choices = list.split(/,\s+/);
      expect(choices).toEqual([...new Set(choices)]);
    }
  });
});

describe('a wrong argument', () => {
  it.each([
    [['--dry-run'], 'Unknown option: --dry-run.', 'upgrade without --apply only shows the plan'],
    [
      ['upgrade', '--dry-run'],
      'Unknown option of upsfw upgrade: --dry-run.',
      'without --apply only shows the plan',
    ],
    [
      ['upgrade', '--aply', '--foo'],
      'Unknown options of upsfw upgrade: --aply, --foo.',
      'Did you mean --apply',
    ],
    [['upgrade', '--no-aply'], 'Unknown option of upsfw upgrade: --no-aply.', 'Did you mean --no-apply'],
    [['audit', '--failOnn', 'x'], 'Unknown option of upsfw audit: --failOnn.', 'upsfw audit --help'],
    [['audit', '--fail-onn=x'], 'Unknown option of upsfw audit: --fail-onn.', 'Did you mean --fail-on '],
    [['audit', '--unit.name', 'x'], 'Unknown option of upsfw audit: --unit.name.', 'upsfw audit --help'],
    [['plan', '--apply'], 'Unknown option of upsfw plan: --apply.', '--apply is an option of upsfw upgrade.'],
    [['audit', '-x'], 'Unknown option of upsfw audit: -x.', 'upsfw audit --help'],
    [['-x', 'audit'], 'Unknown option: -x.', 'upsfw --help'],
    [['upgrad'], 'Unknown command "upgrad". Did you mean upgrade?', 'discover, audit'],
    [['--state', 'x', 'stauts'], 'Unknown command "stauts". Did you mean status?', 'discover, audit'],
    [['xyzzy'], 'Unknown command "xyzzy".', 'discover, audit'],
    [['plan', '--format', 'pdf'], '--format: "pdf" is not one of text, md.', 'upsfw plan --help'],
    [
      ['report', '--format', 'jsn'],
      '--format: "jsn" is not one of text, json, md. Did you mean json?',
      '--help',
    ],
    [['audit', '--log-level', 'debg'], 'Did you mean debug?', 'upsfw audit --help'],
    [
      ['rules', 'decde'],
      'VERB: "decde" is not one of decide, explain, check. Did you mean decide?',
      '--help',
    ],
    [['rules'], 'upsfw rules: an argument is missing.', 'upsfw rules <verb> [names..]'],
    [['audit', 'stray'], 'upsfw audit: unexpected argument "stray".', 'upsfw audit --help'],
    [['audit', '--images'], '--images needs a value.', '--help'],
    [['audit', '-i'], '-i needs a value.', '--help'],
    [['audit', '--images', '--json'], '--images needs a value.', '--help'],
    [['discover', '--port', 'many'], '--port must be a number.', 'upsfw discover --help'],
  ])('%j: %s', async (words, message, hint) => {
    const ran = await runHere(words);
    expect(ran.exit).toBe(2);
    const [first = '', second = ''] = ran.info.split('\n');
    expect(first).toContain(message);
    expect(second).toContain(hint);
    expect(ran.info).toContain('(config/usage)');
  });

  it('that may be a secret is not repeated', async () => {
    const ran = await runHere(['import', 'netbox', 'https://netbox.example', '--token', 'hunter2hunter2']);
    expect(ran.exit).toBe(2);
    expect(ran.info).not.toContain('hunter2');
  });
});

describe('the nearest known word', () => {
  it('is the word itself, if it is known', async () => {
    const commands = await loadCommands([]);
    const names = [...new Set(commands.flatMap(({ options }) => Object.keys(options)))].filter(
      (name) => name.length > 1,
    );
    for (const name of names) expect(nearest(name, names)).toBe(name);
  });

  it('is found after one letter was inserted, removed, changed or swapped', () => {
    const names = ['inventory', 'images', 'override', 'component', 'log-level', 'details'];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.nat(),
        fc.nat(3),
        fc.constantFrom('q', 'x'),
        (name, at, how, letter) => {
          const place = at % (name.length - 1);
          const [before, after] = [name.slice(0, place), name.slice(place)];
          const wrong = [
            before + letter + after,
            before + after.slice(1),
            before + letter + after.slice(1),
            before + after[1] + after[0] + after.slice(2),
          ][how];
          expect(nearest(wrong ?? '', names)).toBe(name);
        },
      ),
    );
  });

  it('is null without a similar word, and found in bounded time', () => {
    expect(nearest('xyzzy', ['audit', 'plan'])).toBeNull();
    expect(nearest('', ['audit'])).toBeNull();
    expect(nearest('a'.repeat(1_000_000), ['audit'])).toBeNull();
  });
});
