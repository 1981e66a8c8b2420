import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatedDevice } from '../../src/sim/index.ts';
import { KEY, OLD_LOADER, only, openRouteSite, type RouteSite } from '../support/sites/route-site.ts';
import { startLines } from '../support/sites/steps.ts';

let site: RouteSite;
afterEach(() => site.close());

const IMAGE = 'SMT18UPS_09-6.enc';
/** The value of the update object after a successful update. */
const SUCCESSFUL = 4;

/** Leaves a run whose image is on the card, because the card refused the only start method. */
async function leaveStaged(): Promise<SimulatedDevice> {
  site = await openRouteSite([{ ...OLD_LOADER, faults: ['set-refused'] }]);
  const journal = await site.begin('r', await site.plan({ a: [IMAGE] }));
  const ended = only(await site.executeRun(journal));
  expect(ended).toMatchObject({ outcome: 'stopped', problem: { code: 'device/start-unavailable' } });
  expect(startLines(journal.events, KEY)).toEqual(['committing snmp', 'staged']);
  const device = site.fleet.device('a');
  device.clearFault('set-refused');
  return device;
}

describe('an image that was left on the card', () => {
  it('and that a person started is watched, also without its file', async () => {
    const device = await leaveStaged();
    await rm(join(site.folder, 'images', IMAGE));
    expect(device.start(IMAGE, 'confirmed')).toBe('started');
    await device.until(({ progress }) => progress !== null && progress.sent > 0);
    const resumed = only(await site.resume('r', {}, [KEY]));
    expect(resumed).toMatchObject({
      outcome: 'upgraded',
      problem: null,
      hops: [{ verified: true, staged: false }],
      after: { firmware: { version: '09.6' } },
    });
    expect(device.counters.startsAccepted).toBe(1);
  });

  it('is not started where another unit answers now', async () => {
    const device = await leaveStaged();
    device.serial = 'AS0000000001';
    const resumed = only(await site.resume('r', {}, [KEY]));
    expect(resumed).toMatchObject({
      outcome: 'refused',
      problem: {
        code: 'refused/stale-plan',
        message: expect.stringContaining('the unit now reports AS0000000001'),
      },
    });
    expect(device.counters.startsAccepted).toBe(0);
  });

  it('is not started where the result on the card may be of that image', async () => {
    const device = await leaveStaged();
    device.update = SUCCESSFUL;
    const resumed = only(await site.resume('r', {}, [KEY]));
    expect(resumed).toMatchObject({
      outcome: 'stopped',
      problem: {
        code: 'device/update-unknown',
        message: expect.stringMatching(/The card reports "successful" and .* Nothing was started\.$/),
      },
      after: { firmware: { version: '09.3' } },
      hops: [{ staged: true, startedAt: null }],
    });
    expect(device.counters.startsAccepted).toBe(0);
  });
});
