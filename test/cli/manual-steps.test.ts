import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { PERSONA_IMAGES, type SimulatedUnit } from '../../src/sim/index.ts';
import { NMC2, openSite, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: Site;
afterEach(() => site.close());

const TWO_STEPS: SimulatedUnit = { name: 'd', site: 'oslo', persona: 'srt10k-ap9641' };

function upgrade() {
  return site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
}

describe('a staged image', { timeout: LONG }, () => {
  const staged = { outcome: 'stopped', problem: { code: 'device/start-unavailable' } };

  it('stays on the card, and is watched and verified after a person starts it', async () => {
    site = await openSite([{ ...NMC2, faults: ['set-refused'] }]);
    const device = site.fleet.device('a');
    const first = await upgrade();
    expect(runOf(first).units[0]).toMatchObject({ ...staged, hops: [{ step: 'start', state: 'staged' }] });
    expect(first.exit).toBe(4);
    expect(device.counters.startsAccepted).toBe(0);

    // The button on the page of the card.
    expect(device.start(null, 'confirmed')).toBe('started');
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '15.1' } });
    expect(resumed.exit).toBe(0);
    expect(device.counters.startsAccepted).toBe(1);
  });

  it('is also verified if the person finished before the run was resumed', async () => {
    site = await openSite([{ ...NMC2, faults: ['set-refused'] }]);
    const device = site.fleet.device('a');
    await upgrade();
    device.start(null, 'confirmed');
    await device.until(({ version, phase }) => version === '15.1' && phase === 'idle');
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.startsAccepted).toBe(1);
  });

  it('is started by the tool if a start method is available now, and stays staged otherwise', async () => {
    site = await openSite([{ ...NMC2, faults: ['set-refused'] }]);
    const device = site.fleet.device('a');
    await upgrade();
    const still = await site.run(['resume', '--yes', '--json']);
    expect(runOf(still).units[0]).toMatchObject(staged);
    device.clearFault('set-refused');
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.startsAccepted).toBe(1);
  });
});

describe('an update that a person started', { timeout: LONG }, () => {
  it('is not started again by the tool if it failed or is not visible', async () => {
    site = await openSite([{ ...NMC2, faults: ['set-refused'] }]);
    const device = site.fleet.device('a');
    await upgrade();
    device.inject('update-cancelled');
    device.start(null, 'confirmed');
    await device.until(({ phase }) => phase === 'idle');
    device.clearFault('set-refused');
    const failed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(failed).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/update-failed' },
    });
    expect(device.counters.startsAccepted).toBe(1);
  });

  it('counts as a start in the journal: silence ends as unknown, resume asks again, and no other run may start', async () => {
    site = await openSite([{ ...NMC2, faults: ['set-refused'] }], 3000);
    const device = site.fleet.device('a');
    const first = runOf(await upgrade()).run;
    device.inject('never-returns');
    device.start(null, 'confirmed');
    await device.until(({ phase }) => phase === 'lost');
    const lost = await site.run(['resume', '--yes', '--json']);
    expect(runOf(lost).units[0]).toMatchObject({ outcome: 'unknown' });
    expect(lost.exit).toBe(5);
    device.clearFault('set-refused');
    const resumed = await site.run(['resume', first, '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({ outcome: 'unknown' });
    expect(device.counters.startsAccepted).toBe(1);
  });

  it('is not recorded as a start of the tool if nobody started it while the unit was silent', async () => {
    site = await openSite([{ ...NMC2, faults: ['set-refused'] }], 3000);
    const device = site.fleet.device('a');
    const first = runOf(await upgrade()).run;
    device.card.up = false;
    const silent = await site.run(['resume', '--yes', '--json']);
    expect(runOf(silent).units[0]).toMatchObject({
      outcome: 'unknown',
      problem: {
        message: expect.stringMatching(/^Watched for \d+ minutes: the unit does not answer/),
      },
    });
    device.card.up = true;
    device.clearFault('set-refused');
    const resumed = await site.run(['resume', first, '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({
      outcome: 'failed',
      problem: {
        code: 'device/start-not-seen',
        message: expect.stringContaining('The image was left on the card, and this run sent no start.'),
      },
    });
    expect(device.counters.startsAccepted).toBe(0);
    const again = await site.run(['resume', first, '--retry', 'berlin/a', '--yes', '--json']);
    expect(runOf(again).units[0]).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.startsAccepted).toBe(1);
  });

  it('and that the unit has received is watched, not started a second time', async () => {
    site = await openSite([{ ...TWO_STEPS, start: ['snmp'], faults: ['set-refused'] }], 3000);
    await site.fleet.writeImages(join(site.folder, 'images'), PERSONA_IMAGES);
    const device = site.fleet.device('d');
    expect(runOf(await upgrade()).units[0]).toMatchObject({ problem: { code: 'device/start-unavailable' } });
    device.start(null, 'confirmed');
    await device.until(({ update, phase }) => update === 4 && phase === 'idle');
    device.clearFault('set-refused');
    const waits = await site.run(['resume', '--yes', '--json']);
    expect(runOf(waits).units[0]).toMatchObject({
      outcome: 'stopped',
      problem: { code: 'device/not-installed' },
    });
    expect(device.installAtPanel()).toBe(true);
    const done = await site.run(['resume', '--yes', '--json']);
    expect(runOf(done).units[0]).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.startsAccepted).toBe(1);
  });
});

describe('a unit that installs its image later', { timeout: LONG }, () => {
  const waiting = { outcome: 'stopped', problem: { code: 'device/not-installed' } };

  it('is reported as waiting for its panel, is not started again, and is verified after it installed', async () => {
    site = await openSite([TWO_STEPS], 3000);
    await site.fleet.writeImages(join(site.folder, 'images'), PERSONA_IMAGES);
    const device = site.fleet.device('d');
    const first = await upgrade();
    expect(runOf(first).units[0]).toMatchObject({
      ...waiting,
      after: { version: '07.1' },
      hops: [{ step: 'settle', state: 'received' }],
    });
    expect(first.exit).toBe(4);

    // Another run must not start the unit, because it may install at any moment.
    const second = await upgrade();
    expect(runOf(second).units[0]).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/second-attempt' },
    });
    const still = await site.run(['resume', runOf(first).run, '--yes', '--json']);
    expect(runOf(still).units[0]).toMatchObject(waiting);

    expect(device.installAtPanel()).toBe(true);
    const resumed = await site.run(['resume', runOf(first).run, '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '07.9' } });
    expect(device.counters.starts).toBe(1);
  });

  it('installs at once if its output is switched off for the update, and the output is on afterwards', async () => {
    site = await openSite([TWO_STEPS], 3000);
    await site.fleet.writeImages(join(site.folder, 'images'), PERSONA_IMAGES);
    const device = site.fleet.device('d');
    const words = ['--unit', 'd', '--switch-output', 'off'];
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', ...words]);
    const [unit] = runOf(ran).units;
    expect(unit).toMatchObject({ outcome: 'upgraded', output: 'on', after: { version: '07.9' } });
    expect(device.outputOn).toBe(true);
    expect(device.counters.starts).toBe(1);
  });
});
