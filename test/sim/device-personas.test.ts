import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadPersonaFile, PERSONAS, startFleet } from '../../src/sim/index.ts';
import { loadPersona } from '../../src/sim/personas.ts';
import { closeDevices, makeDevice } from '../support/devices/device.ts';

afterEach(closeDevices);

describe('the personas', () => {
  it('all start, with their endpoints', async () => {
    const units = PERSONAS.map((persona, index) => ({ name: `u${index}`, site: 's', persona }));
    const fleet = await startFleet({ units, speed: 60, addresses: 'one' });
    try {
      for (const { device, ports } of fleet.units) {
        expect(ports.ssh === null).toBe(device.persona.ssh === 'none');
        expect(ports.ftp === null).toBe(!device.persona.ftp);
        expect(device.writes).toBe(0);
      }
    } finally {
      await fleet.close();
    }
  });

  it.each(PERSONAS)('%s prints its own versions on the command line', async (persona) => {
    const { device, runCommand } = await makeDevice({ persona });
    const lines = runCommand('system').lines.join('\n');
    expect(lines).toContain(`AOS: aos:${device.persona.card.osVersion}`);
    expect(lines.includes('A+')).toBe(persona !== 'card-without-app');
    expect(/^E107/.test(runCommand('upsabout').lines[0] ?? '')).toBe(
      persona === 'card-without-app' || persona === 'card-lost-ups',
    );
  });
});

describe('a persona file', () => {
  it('is read, or every error in it is reported', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'upsfw-test-'));
    try {
      const file = join(folder, 'mine.yaml');
      const persona = await loadPersona('smt1500-nmc2');
      await writeFile(file, JSON.stringify({ ...persona, smartSlot: false }));
      expect(await loadPersonaFile(file)).toEqual({ ...persona, smartSlot: false });
      await writeFile(file, JSON.stringify({ ...persona, smartSlot: 'perhaps', twoStep: 'later' }));
      await expect(loadPersonaFile(file)).rejects.toMatchObject({
        code: 'config/usage',
        message: expect.stringMatching(/smartSlot[\s\S]*twoStep|twoStep[\s\S]*smartSlot/),
      });
      await expect(loadPersonaFile(join(folder, 'none.yaml'))).rejects.toMatchObject({
        code: 'config/usage',
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
