import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NMC2, openSite, runOf, type Site } from '../support/sites/site.ts';

let site: Site;
afterEach(() => site.close());

const Verdicts = z.looseObject({
  units: z.array(
    z.looseObject({ verdict: z.looseObject({ status: z.string(), reasons: z.array(z.unknown()) }) }),
  ),
});

describe('a unit with another serial number than the inventory names', () => {
  it('is blocked in audit and plan with the same reason, and never started', async () => {
    site = await openSite([NMC2]);
    const device = site.fleet.device('a');
    const text = await readFile(site.inventory, 'utf8');
    await writeFile(site.inventory, text.replace('- name: a\n', '- name: a\n        serial: AS0000000001\n'));

    const reason = {
      code: 'OTHER_SERIAL',
      rule: 'identity',
      outcome: 'block',
      because: `the inventory has AS0000000001, the unit reports ${device.serial}`,
      remedy: 'Check the address, or correct the serial number in the inventory if the unit was replaced.',
      source: 'inventory and look',
    };
    for (const command of ['audit', 'plan']) {
      const ran = await site.run([command, '-i', site.inventory, '--json']);
      expect(ran.exit, command).toBe(3);
      const [unit] = Verdicts.parse(JSON.parse(ran.out)).units;
      expect(unit?.verdict.status, command).toBe('blocked');
      expect(unit?.verdict.reasons[0], command).toEqual(reason);
    }

    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(ran.exit).toBe(3);
    expect(runOf(ran).units).toMatchObject([
      {
        outcome: 'refused',
        problem: {
          code: 'refused/rule',
          message: expect.stringContaining(reason.because),
          hint: reason.remedy,
        },
      },
    ]);
    expect(device.writes).toBe(0);
  });
});
