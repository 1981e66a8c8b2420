import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { NMC2, NMC3, openSite, type Ran, runHere, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: Site;
afterEach(() => site.close());

const Units = z.looseObject({
  units: z.array(
    z.looseObject({
      verdict: z.looseObject({
        status: z.string(),
        reasons: z.array(
          z.looseObject({ code: z.string(), outcome: z.string(), remedy: z.string().nullable() }),
        ),
      }),
    }),
  ),
});

function verdictOf(ran: Ran): z.infer<typeof Units>['units'][number]['verdict'] | undefined {
  return Units.parse(JSON.parse(ran.out)).units[0]?.verdict;
}

const Inventory = z.looseObject({ defaults: z.record(z.string(), z.unknown()) });

/** Removes a setting of all units from the inventory. */
async function without(setting: 'login' | 'write'): Promise<void> {
  const document = Inventory.parse(parse(await readFile(site.inventory, 'utf8')));
  const { [setting]: _, ...defaults } = document.defaults;
  await writeFile(site.inventory, stringify({ ...document, defaults }), { mode: 0o600 });
}

describe('a plan of a unit for which the inventory', { timeout: LONG }, () => {
  it('has no login reports that, and ends with 3', async () => {
    site = await openSite([NMC2]);
    await without('login');
    const ran = await site.run(['plan', '-i', site.inventory, '--json']);
    expect(verdictOf(ran)).toMatchObject({
      status: 'blocked',
      reasons: expect.arrayContaining([
        expect.objectContaining({
          code: 'NO_SEND_PATH',
          outcome: 'block',
          remedy: expect.stringContaining('login:'),
        }),
      ]),
    });
    expect(ran.exit).toBe(3);
  });

  it('allows no start method warns that a person must start, as the run does at its end', async () => {
    site = await openSite([{ ...NMC2, start: ['snmp'] }]);
    await without('write');
    const ran = await site.run(['plan', '-i', site.inventory, '--json']);
    expect(verdictOf(ran)).toMatchObject({
      status: 'outdated',
      reasons: expect.arrayContaining([
        expect.objectContaining({
          code: 'NO_START_WAY',
          outcome: 'warn',
          remedy: expect.stringContaining('write:'),
        }),
      ]),
    });
    expect(ran.exit).toBe(0);
    const upgraded = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(upgraded).units[0]).toMatchObject({
      outcome: 'stopped',
      problem: { code: 'device/start-unavailable', hint: expect.stringContaining('Add write: to the unit.') },
    });
    expect(upgraded.exit).toBe(4);
  });
});

describe('a unit with a start of another run without a known result', { timeout: LONG }, () => {
  it.each([
    ['is still updating', NMC2, 'update-stuck'],
    ['lost the link to its card', NMC3, 'never-returns'],
  ] as const)(
    'that %s is blocked in audit and plan; no other remedy comes first',
    async (_how, unit, fault) => {
      site = await openSite([{ ...unit, faults: [fault] }], 3000);
      const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
      expect(ran.exit).toBe(5);
      const { run } = runOf(ran);
      for (const command of ['audit', 'plan']) {
        const looked = await site.run([command, '-i', site.inventory, '--json']);
        expect(looked.exit).toBe(3);
        expect(looked.info).not.toContain('is not known');
        const verdict = verdictOf(looked);
        expect(verdict?.status).toBe('blocked');
        expect(verdict?.reasons[0]).toMatchObject({
          code: 'START_OPEN',
          outcome: 'block',
          because: expect.stringContaining(run),
          remedy: expect.stringContaining(`upsfw resume ${run}`),
        });
      }
      // Another state folder does not know that run, so its remedies must be safe too.
      const { environment } = site;
      const words = ['plan', '-i', site.inventory, '--json', '--state', `${site.state}-2`];
      const elsewhere = await runHere(words, { environment });
      for (const { remedy } of verdictOf(elsewhere)?.reasons ?? [])
        expect(remedy ?? '').not.toMatch(/^(Seat|Restart)/);
    },
  );
});
