import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCommands } from '../../src/cli/commands.ts';
import { buildImage } from '../../src/sim/index.ts';
import { NMC2, openSite, runHere, type Site } from '../support/sites/site.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** An image for units that install from a USB drive. */
const USB_DRIVE_IMAGE = 'SRT1020UPS_15-9.enc';

let site: Site;
let bad: string;
beforeAll(async () => {
  site = await openSite([NMC2]);
  bad = await mkdtemp(join(tmpdir(), 'upsfw-bad-'));
  await chmod(bad, 0o755);
  await mkdir(join(bad, 'folder'));
  await writeFile(join(bad, 'empty'), '');
  const large = await open(join(bad, 'large'), 'w');
  await large.truncate(3 * 1024 ** 3);
  await large.close();
  await writeFile(join(bad, 'shut'), 'x: 1\n', { mode: 0 });
  await mkdir(join(bad, 'shut-folder'), { mode: 0o555 });
  await writeFile(join(bad, 'units.csv'), 'name,host\nx,127.0.0.1\n');
  await writeFile(
    join(bad, USB_DRIVE_IMAGE),
    buildImage({ microLinkId: 1020, version: '15.9', payloadBytes: 2000 }),
  );
  if (process.platform !== 'win32') await run('mkfifo', [join(bad, 'pipe')]);
});
afterAll(async () => {
  await rm(bad, { recursive: true, force: true });
  await site.close();
});

/** What an operator may name by mistake, below the folder `bad`. */
const READ = ['missing/x', 'folder', 'empty', 'large', 'pipe'] as const;
const WRITE = ['missing/x', 'folder', 'pipe', 'empty/x'] as const;

interface Argument {
  /** The command line; FILE is the placeholder for the named path. */
  readonly words: readonly string[];
  readonly does: 'reads' | 'writes';
  /** Paths of the list that are valid here. */
  readonly fine?: readonly string[];
  /** True: the written files depend on the input, so without permission nothing may be written. */
  readonly mayWriteNothing?: boolean;
  /** Exit codes other than 2 that are right for some paths; see docs/codes.md. */
  readonly also?: readonly number[];
}

const inventory = (): readonly string[] => ['-i', site.inventory];

/** Every argument of every command that names a file or folder. */
const ARGUMENTS: Readonly<Record<string, () => Argument>> = {
  'discover --file': () => ({
    words: ['discover', '--file', 'FILE', '--community', 'env:UPSFW_SIM_READ'],
    does: 'reads',
  }),
  'discover --credentials': () => ({
    words: ['discover', '127.0.0.1', '--credentials', 'FILE'],
    does: 'reads',
  }),
  'discover --inventory': () => ({ words: ['discover', '127.0.0.1', '-i', 'FILE'], does: 'reads' }),
  'discover --write': () => ({
    words: [
      'discover',
      '127.0.0.1',
      '--port',
      '9',
      '--timeout',
      '0.05',
      '--retries',
      '0',
      '--community',
      'env:UPSFW_SIM_READ',
      '--write',
      'FILE',
    ],
    does: 'writes',
    mayWriteNothing: true,
  }),
  'audit --inventory': () => ({ words: ['audit', '-i', 'FILE'], does: 'reads' }),
  // An audit needs no images.
  'audit --images': () => ({
    words: ['audit', ...inventory(), '--images', 'FILE'],
    does: 'reads',
    also: [3],
  }),
  'audit --rules': () => ({ words: ['audit', ...inventory(), '--rules', 'FILE'], does: 'reads' }),
  'audit --compare': () => ({ words: ['audit', ...inventory(), '--compare', 'FILE'], does: 'reads' }),
  'audit --out': () => ({ words: ['audit', ...inventory(), '--out', 'FILE'], does: 'writes' }),
  'import SOURCE': () => ({ words: ['import', 'csv', 'FILE'], does: 'reads' }),
  'import --token': () => ({
    words: ['import', 'netbox', 'https://127.0.0.1:9', '--token', 'file:FILE'],
    does: 'reads',
  }),
  'import --write': () => ({
    words: ['import', 'csv', join(bad, 'units.csv'), '--write', 'FILE'],
    does: 'writes',
  }),
  'plan --inventory': () => ({ words: ['plan', '-i', 'FILE'], does: 'reads' }),
  'plan --images': () => ({ words: ['plan', ...inventory(), '--images', 'FILE'], does: 'reads' }),
  'plan --rules': () => ({ words: ['plan', ...inventory(), '--rules', 'FILE'], does: 'reads' }),
  'plan --out': () => ({ words: ['plan', ...inventory(), '--out', 'FILE'], does: 'writes' }),
  'upgrade --inventory': () => ({ words: ['upgrade', '-i', 'FILE'], does: 'reads' }),
  'upgrade --images': () => ({ words: ['upgrade', ...inventory(), '--images', 'FILE'], does: 'reads' }),
  'upgrade --rules': () => ({ words: ['upgrade', ...inventory(), '--rules', 'FILE'], does: 'reads' }),
  'upgrade --plan': () => ({ words: ['upgrade', ...inventory(), '--plan', 'FILE'], does: 'reads' }),
  'resume RUN': () => ({ words: ['resume', 'FILE'], does: 'reads' }),
  'resume --inventory': () => ({ words: ['resume', '-i', 'FILE'], does: 'reads' }),
  'status RUN': () => ({ words: ['status', 'FILE'], does: 'reads' }),
  'status --inventory': () => ({ words: ['status', '-i', 'FILE'], does: 'reads' }),
  'report --inventory': () => ({ words: ['report', '-i', 'FILE'], does: 'reads' }),
  'report RUN': () => ({ words: ['report', 'FILE'], does: 'reads' }),
  'report --out': () => ({ words: ['report', '--audit', '--out', 'FILE'], does: 'writes' }),
  'record --inventory': () => ({ words: ['record', '--unit', 'a', '-i', 'FILE'], does: 'reads' }),
  'record --password': () => ({
    words: ['record', '127.0.0.1', '--user', 'apc', '--password', 'file:FILE'],
    does: 'reads',
  }),
  'record --out': () => ({
    words: ['record', '--unit', 'a', ...inventory(), '--out', 'FILE'],
    does: 'writes',
    // The command creates these folders and writes to them.
    fine: ['missing/x', 'folder'],
  }),
  'images PATH': () => ({ words: ['images', 'FILE'], does: 'reads' }),
  'images --to': () => ({
    words: ['images', 'fetch', 'https://127.0.0.1:9/x.enc', '--sha256', '0'.repeat(64), '--to', 'FILE'],
    does: 'writes',
  }),
  'rules check FILE': () => ({ words: ['rules', 'check', 'FILE'], does: 'reads' }),
  'rules --rules': () => ({ words: ['rules', 'decide', '--model', 'x', '--rules', 'FILE'], does: 'reads' }),
  // A port that does not exist or cannot be opened is a problem of the link.
  'local inspect PORT': () => ({ words: ['local', 'inspect', 'FILE'], does: 'reads', also: [4] }),
  'local recover PORT': () => ({
    words: [
      'local',
      'recover',
      'FILE',
      join(site.folder, 'images', 'SMT18UPS_15-1.enc'),
      '--expect-id',
      '18',
      '--yes',
    ],
    does: 'reads',
    also: [3, 4],
  }),
  'local recover IMAGE': () => ({
    words: ['local', 'recover', '/dev/ttyNONE', 'FILE', '--expect-id', '18', '--yes'],
    does: 'reads',
  }),
  'local --rules': () => ({
    words: [
      'local',
      'recover',
      '/dev/ttyNONE',
      join(site.folder, 'images', 'SMT18UPS_15-1.enc'),
      '--expect-id',
      '18',
      '--yes',
      '--rules',
      'FILE',
    ],
    does: 'reads',
  }),
  'local usb-drive DIR': () => ({
    words: ['local', 'usb-drive', 'FILE', join(bad, USB_DRIVE_IMAGE)],
    does: 'writes',
  }),
  'local usb-drive IMAGE': () => ({ words: ['local', 'usb-drive', bad, 'FILE'], does: 'reads' }),
  'simulate --persona': () => ({ words: ['simulate', '--for', '1s', '--persona', 'FILE'], does: 'reads' }),
  'simulate --write': () => ({
    words: ['simulate', '--for', '1s', '--persona', 'smt1500-nmc2', '--only-snmp', '--write', 'FILE'],
    does: 'writes',
    fine: ['missing/x'],
  }),
  'audit --state': () => ({
    words: ['audit', ...inventory(), '--state', 'FILE'],
    does: 'writes',
    fine: ['missing/x', 'folder'],
    also: [3],
  }),
  'status --state': () => ({ words: ['status', '--state', 'FILE'], does: 'reads' }),
  'report --state': () => ({ words: ['report', '--audit', '--state', 'FILE'], does: 'reads' }),
  'resume --state': () => ({ words: ['resume', '--state', 'FILE'], does: 'reads' }),
  'upgrade --state': () => ({
    words: [
      'upgrade',
      '--apply',
      '--yes',
      ...inventory(),
      '--images',
      join(site.folder, 'images'),
      '--state',
      'FILE',
    ],
    does: 'writes',
    fine: ['missing/x', 'folder'],
    also: [3],
  }),
};

/** Options with a file as value, beside positionals. A new option must be added to the list above. */
const FILE_OPTIONS: ReadonlySet<string> = new Set([
  ...[
    'file',
    'credentials',
    'inventory',
    'write',
    'images',
    'rules',
    'compare',
    'out',
    'plan',
    'to',
    'persona',
  ],
]);

/** Runs a command with the path in place of FILE; a command takes only one state folder. */
async function name(argument: Argument, path: string): Promise<{ exit: number; info: string }> {
  const words = argument.words.map((word) => word.replace('FILE', path));
  const { exit, info } = words.includes('--state')
    ? await runHere(words, { environment: site.environment })
    : await site.run(words);
  return { exit, info };
}

async function isMistake(argument: Argument, path: string): Promise<void> {
  const { exit, info } = await name(argument, path);
  expect(info).not.toContain('defect in upsfw');
  expect(info).not.toMatch(/^\s+at /m);
  const allowed = [2, ...(argument.also ?? [])];
  expect(allowed, `${argument.words.join(' ')} with ${path.slice(0, 80)}:\n${info}`).toContain(exit);
}

describe('the list of arguments that are files', () => {
  it('has every such option of every command', async () => {
    const wanted = (await loadCommands([])).flatMap(({ usage, options }) => {
      const command = usage.split(' ')[0] ?? '';
      return Object.keys(options)
        .filter((option) => FILE_OPTIONS.has(option))
        .map((option) => `${command} --${option}`);
    });
    expect(Object.keys(ARGUMENTS)).toEqual(expect.arrayContaining(wanted));
  });
});

describe.skipIf(process.platform === 'win32').each(Object.keys(ARGUMENTS))('%s', (what) => {
  it('that cannot be used is a mistake, not a defect of the tool', async () => {
    const argument = ARGUMENTS[what]?.();
    if (argument === undefined) throw new Error(what);
    const { does, fine = [] } = argument;
    const names = (does === 'reads' ? READ : WRITE).filter((one) => !fine.includes(one));
    for (const one of names) await isMistake(argument, join(bad, one));
    await isMistake(argument, does === 'reads' ? '/dev/zero' : '/dev/full');
    expect((await readdir(bad)).filter((one) => one.endsWith('.tmp') || one.includes('.part'))).toEqual([]);
  });

  it.skipIf(!isRoot)('without permission is a mistake, not a defect of the tool', async () => {
    const argument = ARGUMENTS[what]?.();
    if (argument === undefined) throw new Error(what);
    await chmod(site.folder, 0o755);
    await chmod(site.inventory, 0o644);
    if (argument.mayWriteNothing === true) return;
    process.seteuid?.(NOBODY);
    try {
      await isMistake(
        argument,
        argument.does === 'reads' ? join(bad, 'shut') : join(bad, 'shut-folder', 'x'),
      );
    } finally {
      process.seteuid?.(0);
    }
  });
});
if (!isRoot)
  process.stderr.write(
    'skipped: files without rights: they need root, which takes another user for a moment\n',
  );
