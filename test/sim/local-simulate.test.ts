import { EventEmitter, once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readInventory } from '../../src/inventory/index.ts';
import { FD, record } from '../support/peers/raw-microlink.ts';
import { closeRaw, openRaw } from '../support/peers/raw-port.ts';
import { runHere } from '../support/sites/site.ts';

let folder = '';
afterEach(async () => {
  await closeRaw();
  await rm(folder, { recursive: true, force: true });
});

/** Runs `simulate --local` until `act`, which receives what was printed, has ended. Returns the exit code. */
async function whileRunning(
  args: readonly string[],
  act: (printed: { readonly info: string; readonly out: string }) => Promise<void>,
): Promise<number> {
  const printed = { info: '', out: '' };
  // The command registers for interrupts last, before it waits.
  const interrupts = new EventEmitter();
  const isUp = once(interrupts, 'wanted');
  const running = runHere(['simulate', '--local', '--speed', '600', ...args], {
    info: (text) => {
      printed.info += text;
    },
    out: (text) => {
      printed.out += text;
    },
    onInterrupt: (listener) => {
      interrupts.on('interrupt', () => listener('interrupt'));
      interrupts.emit('wanted');
      return () => undefined;
    },
  });
  await Promise.race([isUp, running]);
  try {
    await act(printed);
  } finally {
    interrupts.emit('interrupt');
  }
  return (await running).exit;
}

/**
 * The programs `script` of this process, one for each port. Names of ports prove nothing: another process may
 * get the name of a removed port at once.
 */
function portHolders(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const status = readFileSync(join('/proc', pid, 'status'), 'latin1');
      return /^Name:\s*script$/m.test(status) && status.includes(`\nPPid:\t${process.pid}\n`);
    } catch {
      // The process has ended since the folder was read.
      return false;
    }
  });
}

describe('simulate --local', () => {
  it('starts units at ports beside the fleet, lists them, and removes them at the end', async () => {
    folder = await mkdtemp(join(tmpdir(), 'upsfw-test-local-'));
    const file = join(folder, 'inventory.yaml');
    let gone = '';
    const exit = await whileRunning(['--write', file], async ({ info }) => {
      const sysfs = /export UPSFW_SIM_SYSFS=(\S+)\n/.exec(info)?.[1] ?? '';
      expect(readdirSync(sysfs).sort()).toEqual(['dev', 'sys']);
      const { units } = readInventory(readFileSync(file, 'utf8'), file, 'inventory.yaml');
      const local = units.filter(({ site }) => site === 'closet');
      expect(units.length).toBe(5 + local.length);
      const text = readFileSync(file, 'utf8');
      const ports = [...text.matchAll(/serialPort: (\/dev\/pts\/\d+)/g)].map(([, port = '']) => port);
      expect(ports.length).toBe(6);
      for (const port of ports) expect(info).toContain(port);
      const raw = await openRaw(ports[0] ?? '');
      raw.write(FD);
      expect((await record(raw, 16)).readUInt16BE(4)).toBe(1005);
      const serials = [...text.matchAll(/usb: (AS\d+)/g)].map(([, serial]) => `${serial}\n`);
      const shown = ['1-2', '1-3'].map((name) =>
        readFileSync(join(sysfs, 'sys/bus/usb/devices', name, 'serial'), 'utf8'),
      );
      expect(serials).toEqual(shown);
      expect(readdirSync(join(folder, 'images'))).toContain('SMT17UPS_07-1.enc');
      expect(portHolders().length).toBe(8);
      gone = sysfs;
      await closeRaw();
    });
    expect(exit).toBe(0);
    expect(existsSync(gone)).toBe(false);
    expect(portHolders()).toEqual([]);
  });

  it('prints the same inventory if it writes none', async () => {
    const exit = await whileRunning([], async ({ out }) => {
      expect(out).toMatch(/name: closet-1\n\s+serialPort: \/dev\/pts\/\d+\n/);
    });
    expect(exit).toBe(0);
  });

  it('is a usage problem if the program is missing, and leaves nothing behind', async () => {
    folder = await mkdtemp(join(tmpdir(), 'upsfw-test-local-'));
    const { PATH, TMPDIR } = process.env;
    process.env.PATH = '/nowhere';
    process.env.TMPDIR = folder;
    try {
      const ran = await runHere(['simulate', '--local', '--for', '1s']);
      expect(ran.exit).toBe(2);
      expect(ran.info).toContain('util-linux');
    } finally {
      process.env.PATH = PATH;
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
