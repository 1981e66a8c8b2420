import { afterEach, describe, expect, it } from 'vitest';
import { buildImage, type ImageRecipe } from '../../src/sim/device/image-builder.ts';
import { UPDATE } from '../../src/sim/device/state.ts';
import type { Persona } from '../../src/sim/personas.ts';
import { closeDevices, type DeviceOptions, makeDevice, type TestDevice } from '../support/devices/device.ts';

afterEach(closeDevices);

const IMAGE: ImageRecipe = { microLinkId: 20, version: '15.2' };

/** A device with ID 20 at 15.0 with an image in its folder. */
async function withImage(options: DeviceOptions = {}, recipe = IMAGE): Promise<TestDevice> {
  const bench = await makeDevice(options);
  bench.device.store('new.enc', buildImage(recipe));
  return bench;
}

const over = ({ device }: TestDevice): Promise<void> =>
  device.until(({ phase, update }) => phase === 'idle' && update !== UPDATE.none);

const codes = ({ device }: TestDevice): string[] => device.eventLog.map((line) => line.slice(-6)).reverse();

describe('an update', () => {
  it('logs what a real card logged, in that order', async () => {
    const bench = await withImage();
    bench.device.start('new.enc');
    await over(bench);
    expect(codes(bench)).toEqual(['0x0007', '0x0176', '0x0177', '0x0102', '0x0101']);
    expect(bench.device.version).toBe('15.2');
  });

  it.each<[string, Partial<Persona>]>([
    ['a card application that is too old', { minApp: 'v7.1.3' }],
    ['updates through the card switched off at the panel', { smartSlot: false }],
    ['an output that is on', { outputOnUpdate: 'refused' }],
    ['an output that is on, where only the command line asks', { outputOnUpdate: 'asks' }],
    [
      'a release that closes the card gate',
      { cardGates: [{ microLinkId: 20, closedFrom: '15.0', openFrom: null }] },
    ],
  ])('fails at once with %s', async (_, change) => {
    const bench = await withImage({ change });
    bench.device.start(null, 'snmp');
    expect(bench.device.update).toBe(UPDATE.inProcess);
    await over(bench);
    expect(bench.device.update).toBe(UPDATE.failed);
    expect(bench.device.version).toBe('15.0');
    expect(codes(bench).slice(-3)).toEqual(['0x0177', '0x0178', '0x000F']);
  });

  it('is refused on the command line while the output is on, and accepted when it is off', async () => {
    const bench = await withImage({ change: { outputOnUpdate: 'refused' } });
    expect(bench.runCommand('upsfwupdate -install -file /upsfw/new.enc').lines).toEqual([
      'E100: Command failed',
    ]);
    await over(bench);
    bench.runCommand('ups -c off');
    expect(bench.runCommand('upsfwupdate -install -file /upsfw/new.enc').lines).toEqual([
      'E001: Successfully Issued',
    ]);
    await bench.device.until(({ version }) => version === '15.2');
    expect(bench.device.counters).toMatchObject({ starts: 2, startsAccepted: 1 });
  });

  it('of a unit that asks starts only with the answer YES', async () => {
    const bench = await withImage({ change: { outputOnUpdate: 'asks' } });
    const answer = bench.runCommand('upsfwupdate -install -file /upsfw/new.enc');
    expect(answer.next).toBe('question');
    answer.answered?.('');
    expect(bench.device.counters.starts).toBe(0);
    answer.answered?.('YES');
    await bench.device.until(({ version }) => version === '15.2');
  });

  it('of format 4 is unknown to an old application', async () => {
    const recipe = { ...IMAGE, format: 4 } as const;
    const old = await withImage({ change: { format4From: 'v7.1.3' } }, recipe);
    expect(old.runCommand('upsfwupdate -info -file /upsfw/new.enc').lines).toContain('Unknown format');
    const other = await withImage({ change: { format4From: 'v7.1.2' } }, recipe);
    expect(other.runCommand('upsfwupdate -info -file /upsfw/new.enc').lines).toContain(
      'Compatible with UPS: Yes',
    );
  });
});

describe('a two-step unit', () => {
  it('reports success and runs its old version until the image is installed at the panel', async () => {
    const bench = await withImage({ change: { twoStep: 'dont' } });
    const { device } = bench;
    device.start(null);
    await over(bench);
    expect([device.update, device.version]).toEqual([UPDATE.successful, '15.0']);
    expect(codes(bench)).toEqual(['0x0007', '0x0176', '0x0177']);
    expect(device.installAtPanel()).toBe(true);
    expect(device.linkUp).toBe(false);
    await device.until(({ version }) => version === '15.2');
    expect(device.installAtPanel()).toBe(false);
  });

  it('may install by itself after a while', async () => {
    const bench = await withImage({ change: { twoStep: 'now' } });
    bench.device.start(null);
    await bench.device.until(({ update }) => update === UPDATE.successful);
    expect(bench.device.version).toBe('15.0');
    await bench.device.until(({ version }) => version === '15.2');
  });

  it('may install when its output goes off', async () => {
    const bench = await withImage({ change: { twoStep: 'next-off' } });
    bench.device.start(null);
    await bench.device.until(({ update }) => update === UPDATE.successful);
    bench.runCommand('ups -c off');
    expect(bench.device.phase).toBe('restarting');
    await bench.device.until(({ version }) => version === '15.2');
  });
});

describe('an update that fails', () => {
  it('drops the output when mains fails in the middle', async () => {
    const bench = await withImage({ faults: ['mains-fail-during-update'] });
    bench.device.start(null);
    await bench.device.until(({ onBattery }) => onBattery);
    expect(bench.device.phase).toBe('transferring');
    await over(bench);
    expect(bench.device).toMatchObject({ version: '15.2', outputOn: false, onBattery: false });
  });

  it('continues while the card restarts', async () => {
    const bench = await withImage({ faults: ['card-reboots-during-update'], speed: 500 });
    bench.device.start(null);
    await bench.device.until(({ cardUp }) => !cardUp);
    expect(bench.device.phase).toBe('transferring');
    await bench.device.until(({ cardUp, version }) => cardUp && version === '15.2');
    expect(bench.device.counters.starts).toBe(1);
  });

  it.each([
    ['update-object-lies', { update: UPDATE.inProcess, version: '15.2', alarm: false }],
    ['update-fails-late', { update: UPDATE.failed, version: '15.0', alarm: false }],
    ['returns-other-version', { update: UPDATE.successful, version: '15.5', alarm: false }],
    ['returns-other-serial', { update: UPDATE.successful, version: '15.2', serial: 'AS153212345X' }],
    ['alarm-after-update', { update: UPDATE.successful, version: '15.2', alarm: true }],
  ] as const)('%s', async (fault, after) => {
    const bench = await withImage({ faults: [fault] });
    bench.device.start(null);
    await over(bench);
    expect(bench.device).toMatchObject(after);
  });
});

describe('a card with a USB drive', () => {
  const usbDrive = [{ name: 'SMX20UPS_15-2.enc', microLinkId: 20, version: '15.2' }];

  it('finds a version on it and installs it', async () => {
    const { device, runCommand } = await makeDevice({ change: { usbDrive } });
    expect(runCommand('upsfwupdate -list').lines.join('\n')).toContain('SMX20UPS_15-2.enc');
    expect(runCommand('upsfwupdate -info -ver "ID20 UPS 15.2"').lines).toEqual([
      "Searching for version 'UPS 15.2'... found.",
      "Version 'UPS 15.2' at C:\\SMX20UPS_15-2.enc",
      'E000: Success',
      'Update File:         C:\\SMX20UPS_15-2.enc',
      'Compatible with UPS: Yes',
      'Update Version: UPS 15.2',
    ]);
    expect(runCommand('upsfwupdate -info -ver "ID20 UPS 15.3"').lines.at(-1)).toMatch(/^E100/);
    expect(runCommand('upsfwupdate -install -file C:\\SMX20UPS_15-2.enc').lines).toEqual([
      'E001: Successfully Issued',
    ]);
    await device.until(({ progress }) => (progress?.sent ?? 0) > 0);
    expect(runCommand('upsfwupdate -status').lines[1]).toMatch(/^Status: \d+k\/\d+k \(\d+%\)$/);
    await device.until(({ version }) => version === '15.2');
  });

  it('is not offered by a card without a port', async () => {
    const { runCommand } = await makeDevice();
    expect(runCommand('upsfwupdate -list').lines[0]).toMatch(/^E102/);
    expect(runCommand('upsfwupdate -info -ver "ID20 UPS 15.2"').lines[0]).toMatch(/^E102/);
  });
});
