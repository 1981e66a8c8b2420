import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  inventoryText,
  type LocalUnits,
  type SimulatedFleet,
  startFleet,
  startLocalUnits,
} from '../../src/sim/index.ts';
import { SHORT_TIMEOUTS } from '../support/devices/local-unit.ts';
import { NMC2, type Ran, runHere } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

let fleet: SimulatedFleet;
let local: LocalUnits;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-mixed-'));
  fleet = await startFleet({ units: [NMC2], speed: 600 });
  local = await startLocalUnits({
    units: [
      { name: 'closet-1', site: 'closet', persona: 'smc1000i-serial' },
      { name: 'closet-2', site: 'closet', persona: 'smx1500-usb' },
      { name: 'closet-3', site: 'closet', persona: 'smt1500-loader' },
      { name: 'closet-4', site: 'closet', persona: 'sua1500-upslink' },
      { name: 'closet-5', site: 'closet', persona: 'srt5000-modbus' },
    ],
    speed: 60,
    folder: join(folder, 'roots'),
  });
  await mkdir(join(folder, 'images'));
  await fleet.writeImages(join(folder, 'images'));
  await writeFile(join(folder, 'inventory.yaml'), inventoryText(fleet.units, './images', local.units), {
    mode: 0o600,
  });
});
afterAll(async () => {
  await fleet.close();
  await local.close();
  await rm(folder, { recursive: true, force: true });
});

function run(...words: readonly string[]): Promise<Ran> {
  return runHere([...words, '-i', join(folder, 'inventory.yaml'), '--state', join(folder, 'state')], {
    environment: { ...fleet.environment, UPSFW_SIM_SYSFS: join(folder, 'roots') },
    localTimeouts: SHORT_TIMEOUTS,
  });
}

const Unit = z.looseObject({
  name: z.string(),
  seenBy: z.string().nullable(),
  reachable: z.boolean(),
  firmware: z.looseObject({ version: z.string().nullable(), microLinkId: z.number().nullable() }),
  verdict: z.looseObject({
    status: z.string(),
    transport: z.string().nullable(),
    reasons: z.array(z.looseObject({ code: z.string() })),
  }),
  problem: z.looseObject({ code: z.string() }).nullable(),
});
const Audit = z.looseObject({ units: z.array(Unit) });

describe('an inventory with units behind cards, at serial ports and over USB', { timeout: LONG }, () => {
  it('is audited by one command', async () => {
    const ran = await run('audit', '--json');
    const { units } = Audit.parse(JSON.parse(ran.out));
    const text = Object.fromEntries(
      units.map(({ name, seenBy, firmware, verdict, problem }) => [
        name,
        [
          seenBy,
          firmware.version,
          firmware.microLinkId,
          verdict.status,
          verdict.transport,
          problem?.code ?? null,
        ],
      ]),
    );
    expect(text).toEqual({
      a: ['snmp', '09.4', 18, 'outdated', 'nmc', null],
      'closet-1': ['serial', '12.0', 1005, 'blocked', 'serial', null],
      'closet-2': ['usb', '09.8', 20, 'blocked', 'usb', null],
      'closet-3': ['serial', null, null, 'unknown', 'serial', 'device/boot-loader'],
      'closet-4': ['serial', '617.3.I', null, 'unsupported', null, null],
      'closet-5': ['serial', '09.2', null, 'unknown', 'serial', null],
    });
  });

  it('is planned by one command, with a work order for each unit that needs a visit', async () => {
    const ran = await run('plan', '--format', 'md');
    // Units that need a visit are findings.
    expect(ran.exit).toBe(3);
    expect(ran.out).toContain('# Plan');
    for (const name of ['closet-1', 'closet-2'])
      expect(ran.out).toMatch(new RegExp(`Work order[^\\n]*${name}`));
    expect(ran.out).not.toMatch(/Work order[^\n]*closet-4/);
    expect(ran.out).toContain('local recover');
  });

  it('is upgraded where a transport works, and the other units are refused with their reason', async () => {
    const ran = await run('upgrade', '--json');
    const text = ran.info + ran.out;
    expect(text).toContain('NO_SEND_PATH');
    for (const { device } of local.units) {
      expect(device.writes).toBe(0);
      expect(device.dangerous).toBe(0);
      expect(device.attempts).toBe(0);
    }
  });
});
