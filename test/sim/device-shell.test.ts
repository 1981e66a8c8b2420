import { afterEach, describe, expect, it } from 'vitest';
import { closeDevices, makeDevice } from '../support/devices/device.ts';

afterEach(closeDevices);

describe('the command line of a card', () => {
  it('answers every command that it lists, in upper or lower case', async () => {
    const { device, runCommand } = await makeDevice();
    const [, ...names] = runCommand('?').lines;
    expect(names).toContain('xferStatus');
    for (const name of names) expect(runCommand(name.toUpperCase()).lines.join(' ')).not.toMatch(/^E101/);
    expect(runCommand('nosuch').lines).toEqual(['E101: Command Not Found']);
    expect(device.writes).toBe(0);
  });

  it('prints spaces on the second generation and tabs on the third', async () => {
    const second = await makeDevice();
    expect(second.runCommand('about').lines).toContain('Model Number:           AP9631');
    const third = await makeDevice({ persona: 'smx1500-nmc3' });
    expect(third.runCommand('about').lines).toContain('Model Number: \t\tAP9641');
  });

  it('names the boot monitor in about and system', async () => {
    const { runCommand } = await makeDevice();
    const lines = runCommand('about').lines;
    expect(lines.slice(lines.indexOf('APC Boot Monitor') + 2)[1]).toMatch(/^Version: +v1\.0\.9$/);
    expect(runCommand('system').lines).toEqual(
      expect.arrayContaining([
        'Stat: P+ N4+ N6+ A+',
        'Bootmon: bootmon:v1.0.9',
        'AOS: aos:v7.1.2',
        'App: sumx:v7.1.2',
      ]),
    );
  });

  it.each(['lastrst', 'session'])('puts the result code of %s last', async (command) => {
    const { runCommand } = await makeDevice();
    expect(runCommand(command).lines.at(-1)).toBe('E000: Success');
    expect(runCommand(command).lines[0]).not.toMatch(/^E\d{3}/);
  });

  it.each(['detstatus -x', 'ups -c sideways', 'upsfwupdate -LIST', 'reboot -n'])(
    'answers %s with E102 and the usage',
    async (line) => {
      const { runCommand } = await makeDevice();
      const { lines } = runCommand(line);
      expect(lines[0]).toBe('E102: Parameter Error');
      expect(lines[1]).toMatch(/^Usage: /);
    },
  );

  it('lists files in the format of its release', async () => {
    const six = await makeDevice();
    six.device.files.set('a.enc', Buffer.alloc(128));
    expect(six.runCommand('dir /upsfw').lines).toEqual(['E000: Success', '         128 Nov  5  2020  a.enc']);
    const five = await makeDevice({ change: { listing: '5' } });
    five.device.files.set('a.enc', Buffer.alloc(128));
    five.runCommand('cd upsfw');
    expect(five.runCommand('dir').lines[1]).toMatch(/^-rw-r--r-- +1 admin +admin +128 Nov +5 +2010 a\.enc$/);
    expect(five.runCommand('pwd').lines[0]).toMatch(/^E101/);
  });

  it('repeats recorded answers while the UPS is idle', async () => {
    const { device, runCommand } = await makeDevice({
      change: { answers: { upsabout: ['E000: Success', 'Model: X'] } },
    });
    expect(runCommand(' upsabout ').lines).toEqual(['E000: Success', 'Model: X']);
    device.phase = 'restarting';
    expect(runCommand('upsabout').lines[0]).toMatch(/^E107/);
  });

  it('reboots the card after a confirmation, or with -Y', async () => {
    const { device, runCommand } = await makeDevice({ speed: 500 });
    const answer = runCommand('reboot');
    expect(answer.next).toBe('question');
    answer.answered?.('');
    expect(device.counters.cardReboots).toBe(0);
    expect(answer.answered?.('YES').lines).toEqual(['Rebooting...']);
    await device.until(({ cardUp }) => !cardUp);
    await device.until(({ cardUp, card }) => cardUp && card.appState === 'A+');
    expect(runCommand('lastrst').lines[0]).toBe('04 Requested Reset');
    runCommand('reboot -Y');
    await device.until(({ cardUp }) => !cardUp);
    expect(device.outputOn).toBe(true);
  });

  it('reports the result of the last upload', async () => {
    const { device, runCommand } = await makeDevice();
    expect(runCommand('xferStatus').lines[1]).toBe('Result of last file transfer: Result not available');
    device.storeInRoot('x.bin', Buffer.alloc(10));
    expect(runCommand('xferStatus').lines[1]).toBe('Result of last file transfer: File type unknown');
    device.store('a.enc', Buffer.alloc(128));
    expect(runCommand('xferStatus').lines[1]).toBe('Result of last file transfer: OK');
  });
});
