import { execFile } from 'node:child_process';
import { chmod, open, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdersOf, type ListPortsOptions, type LocalPorts } from '../../src/local/index.ts';
import { pidIn } from '../../src/local/ports/lock-files.ts';
import { programOf } from '../../src/local/ports/programs.ts';
import { type PortsTree, plantTree, RAW, UNIT } from '../support/devices/ports-tree.ts';
import { anyText } from '../support/values/text.ts';

const isRoot = process.getuid?.() === 0;

let tree: PortsTree;
beforeEach(async () => {
  tree = await plantTree();
  await tree.process(1, 'systemd', ['/sbin/init']);
});
afterEach(() => tree.close());

const list = (options: Partial<ListPortsOptions> = {}): Promise<LocalPorts> => tree.list(options);

const dev = (...parts: readonly string[]): string => join(tree.devRoot, ...parts);

describe('holders', () => {
  const holders = (path: string) =>
    holdersOf(path, { procRoot: tree.procRoot, lockFolders: [tree.lockFolder] });

  it('are found by the path and by links to it', async () => {
    await tree.board('ttyS0', 'serial', '4', 'new');
    await tree.link('by-id', 'adapter', 'ttyS0');
    await tree.process(20, 'sleep', ['sleep', '5'], ['/dev/null', '/dev/ttyS9']);
    await tree.process(9, 'my-logger', ['/opt/my-logger'], ['/dev/null', dev('ttyS0'), dev('ttyS0')]);
    await tree.process(
      10,
      'java',
      ['/usr/bin/java', '-cp', '/opt/APC/PowerChute/lib/a.jar', 'Main'],
      [dev('ttyS0')],
    );
    const both = [
      { pid: 9, program: 'my-logger', known: false, how: 'open' },
      { pid: 10, program: 'PowerChute', known: true, how: 'open' },
    ];
    expect(await holders(dev('ttyS0'))).toEqual(both);
    expect(await holders(dev('serial', 'by-id', 'adapter'))).toEqual(both);
    expect(await holders(dev('ttyS1'))).toEqual([]);
    expect(await holders(dev('none', 'at', 'all'))).toEqual([]);
  });

  it('are found by lock files, unless the process no longer exists', async () => {
    await tree.process(77, 'minicom', ['minicom']);
    await tree.process(78, 'apcupsd', ['apcupsd'], [dev('ttyUSB2')]);
    await Promise.all(
      ['ttyUSB0', 'ttyUSB1', 'ttyUSB2', 'ttyUSB3', 'ttyUSB4'].map((tty) =>
        tree.board(tty, 'serial', '4', 'old'),
      ),
    );
    const lock = (tty: string, text: string) => writeFile(join(tree.lockFolder, `LCK..${tty}`), text);
    await lock('ttyUSB0', '        77 minicom operator\n');
    await lock('ttyUSB1', '      4444\n');
    await lock('ttyUSB2', '        78\n');
    await lock('ttyUSB3', '\u0000\u0000\u0000');
    const { serial, notes } = await list({ lockFolders: [tree.lockFolder, join(tree.folder, 'none')] });
    expect(serial.map(({ holders: found }) => found)).toEqual([
      [{ pid: 77, program: 'minicom', known: true, how: 'lock-file' }],
      [],
      [{ pid: 78, program: 'apcupsd', known: true, how: 'open' }],
      [{ pid: null, program: expect.stringContaining('lock file'), known: false, how: 'lock-file' }],
      [],
    ]);
    expect(notes).toEqual([
      expect.stringMatching(/LCK\.\.ttyUSB1 was left by process 4444, which no longer exists/),
    ]);
  });

  it('count once, for any number of ports and locks', async () => {
    const usbNode = dev('bus', 'usb', '001', '004');
    await tree.process(78, 'apcupsd', ['apcupsd'], [dev('ttyS0'), dev('hidraw0'), usbNode]);
    await writeFile(join(tree.lockFolder, 'LCK..ttyS0'), '78\n');
    expect(await holders(dev('ttyS0'))).toEqual([{ pid: 78, program: 'apcupsd', known: true, how: 'open' }]);
    await tree.usb('1-2', { ...UNIT });
    await tree.hidraw('hidraw0', '1-2');
    expect((await list()).usb[0]?.holders).toHaveLength(1);
  });

  it('in a folder with two names count once', async () => {
    await tree.process(77, 'minicom', ['minicom']);
    await symlink(tree.lockFolder, join(tree.folder, 'var-lock'));
    await writeFile(join(tree.lockFolder, 'LCK..ttyS0'), '77\n');
    const lockFolders = [tree.lockFolder, join(tree.folder, 'var-lock')];
    expect(await holdersOf('/dev/ttyS0', { procRoot: tree.procRoot, lockFolders })).toHaveLength(1);
    await tree.board('ttyS0', 'serial', '4', 'new');
    await writeFile(join(tree.lockFolder, 'LCK..ttyS0'), '4444\n');
    expect((await list({ lockFolders })).notes).toHaveLength(1);
  });

  it('are not read through links and pipes in place of lock files', async () => {
    await writeFile(join(tree.folder, 'other'), '1\n');
    await symlink(join(tree.folder, 'other'), join(tree.lockFolder, 'LCK..ttyS0'));
    await promisify(execFile)('mkfifo', [join(tree.lockFolder, 'LCK..ttyS1')]);
    expect(await holders('/dev/ttyS0')).toEqual([]);
    expect(await holders('/dev/ttyS1')).toEqual([]);
  });

  it('may be hidden from this user, which is reported once; a lock then counts', async () => {
    await rm(join(tree.procRoot, '1'), { recursive: true });
    await tree.board('ttyS0', 'serial', '4', 'new');
    await tree.board('ttyS1', 'serial', '4', 'new');
    await writeFile(join(tree.lockFolder, 'LCK..ttyS0'), '4444\n');
    const { serial, notes } = await list();
    expect(serial.map(({ holders: found }) => found?.map(({ pid }) => pid))).toEqual([[4444], []]);
    expect(notes).toEqual([expect.stringContaining('Not every process')]);
  });

  it.skipIf(isRoot)('of a process that cannot be checked are unknown, which is reported', async () => {
    await tree.board('ttyS0', 'serial', '4', 'new');
    await tree.process(30, 'nut', ['nut'], [dev('ttyS0')]);
    await chmod(join(tree.procRoot, '30', 'fd'), 0);
    expect((await list()).notes).toEqual([expect.stringContaining('run it as root')]);
    await chmod(join(tree.procRoot, '30', 'fd'), 0o700);
  });

  it.skipIf(process.platform !== 'linux')('are found among the processes of this machine', async () => {
    const path = dev('port');
    expect(await holdersOf(path, { lockFolders: [] })).toEqual([]);
    const file = await open(path, 'w');
    try {
      expect(await holdersOf(path, { lockFolders: [] })).toMatchObject([{ pid: process.pid, how: 'open' }]);
    } finally {
      await file.close();
    }
    expect(await holdersOf(path, { lockFolders: [] })).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux' || !isRoot)('are found by device number too', async () => {
    // The device of /dev/full under another name, as in a container.
    const path = dev('port');
    await promisify(execFile)('mknod', [path, 'c', '1', '7']);
    const file = await open('/dev/full', 'r');
    try {
      const pids = (await holdersOf(path, { lockFolders: [] })).map(({ pid }) => pid);
      expect(pids).toContain(process.pid);
    } finally {
      await file.close();
    }
  });
});

describe('program names', () => {
  it.each([
    ['apcmicrolink-us', [], 'NUT'],
    ['nut-driver', ['/usr/lib/nut/apcmicrolink-usb'], 'NUT'],
    ['upsd', [], 'NUT'],
    ['apctest', ['apctest'], 'apcupsd'],
    ['mainapp', [], 'PowerChute'],
    ['ModemManager', ['/usr/sbin/ModemManager'], 'ModemManager'],
    ['screen', ['SCREEN', '/dev/ttyUSB0'], 'screen'],
    ['agetty', ['/sbin/agetty', 'ttyS0'], 'a login prompt (getty)'],
  ])('%s is known', (comm, words, program) => {
    expect(programOf(comm, words)).toEqual({ program, known: true });
  });

  it.each([
    ['cat', ['cat', '/opt/PowerChute/log']],
    ['java', ['java', '-jar', 'other.jar']],
    ['upsdx', ['upsdx']],
  ])('%s is not', (comm, words) => {
    expect(programOf(comm, words)).toEqual({ program: comm, known: false });
  });

  it('are never shown raw', () => {
    fc.assert(
      fc.property(anyText(), fc.array(anyText()), (comm, words) => {
        const { program } = programOf(comm, words);
        expect(program).not.toMatch(RAW);
        expect(program).not.toBe('');
      }),
    );
  });
});

describe('the number in a lock file', () => {
  it.each([
    ['      1234\n', 1234],
    ['1234', 1234],
    ['1234 minicom me\n', 1234],
    ['1234\0', 1234],
    ['0\n', null],
    ['-5\n', null],
    ['12ab\n', null],
    ['99999999999\n', null],
    ['', null],
  ])('%j', (text, pid) => {
    expect(pidIn(Buffer.from(text))).toBe(pid);
  });

  it('is a number or null, for any content', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const pid = pidIn(bytes);
        expect(pid === null || (Number.isSafeInteger(pid) && pid > 0)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_194_304 }), (pid) => {
        expect(pidIn(Buffer.from(`${String(pid).padStart(10)}\n`))).toBe(pid);
      }),
    );
  });
});
