import { existsSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ImageRecipe, type LocalFault, loadLocalPersona, startLocalUnits } from '../../src/sim/index.ts';
import { listRuns, readJournal } from '../../src/state/index.ts';
import { LOADER_IMAGE, type LocalSite, openLocalSite, recover } from '../support/sites/local-site.ts';
import { runOf } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: LocalSite;
afterEach(() => site.close());

/** The sender waits for every lost block or answer, so these faults get an image of few blocks. */
const LOSING: ReadonlySet<LocalFault> = new Set(['loader-loses-blocks', 'loader-loses-acks']);
const FEW_BLOCKS: ImageRecipe = { ...LOADER_IMAGE, parts: [], payloadBytes: 8_000 };

describe('a unit in its boot loader', { timeout: LONG }, () => {
  it.each([
    [[]],
    [['loader-restarts-at-300']],
    [['loader-asks-after-end']],
    [['loader-naks']],
    [['loader-loses-blocks']],
    [['loader-loses-acks']],
    [['loader-garbage-answers']],
    [['loader-cancels']],
    [['loader-eot-nak']],
    [['loader-naks', 'loader-garbage-answers', 'loader-eot-nak', 'loader-asks-after-end']],
  ] as const satisfies readonly (readonly [readonly LocalFault[]])[])(
    'gets the image byte for byte with the fault %j',
    async (faults) => {
      site = await openLocalSite('smt1500-loader', faults);
      const few = faults.some((fault) => LOSING.has(fault));
      const { ran, unit, image, device } = await recover(site, few ? FEW_BLOCKS : LOADER_IMAGE);
      expect(unit).toMatchObject({ outcome: 'upgraded', problem: null, after: { version: '07.1' } });
      expect(ran.exit).toBe(0);
      expect(device.received.equals(image)).toBe(true);
      expect(device).toMatchObject({ state: 'application', version: '07.1', outputOn: false });
    },
  );

  it.each([
    ['loader-nak-storm', 'failed', 4, 'refused block 1'],
    ['loader-refuses', 'failed', 4, 'restarted the transfer each time'],
    ['loader-silent-mid-way', 'unknown', 5, 'stopped answering after block 19'],
    ['cable-pulled', 'unknown', 5, 'cable'],
    ['loader-never-returns', 'unknown', 5, 'has not answered for'],
    ['loader-returns-old', 'failed', 4, '06.1'],
  ] as const)('with the fault %s ends as %s', async (fault, outcome, exit, words) => {
    // The system may give the name of a removed port to another port.
    const timeouts = fault === 'cable-pulled' ? { settle: 0.1 } : {};
    site = await openLocalSite('smt1500-loader', [fault], timeouts);
    const { ran, unit, device } = await recover(site);
    expect(unit).toMatchObject({ outcome, problem: { message: expect.stringContaining(words) } });
    expect(ran.exit).toBe(exit);
    // In every case, the tool sent only what the boot loader requested.
    expect(device.dangerous).toBe(0);
  });

  it('is not confused with another unit at the same port after the cable was pulled', async () => {
    site = await openLocalSite('smt1500-loader', ['cable-pulled']);
    const image = await site.image('a.enc', LOADER_IMAGE);
    // The same model, which already runs the version of the image.
    const persona = await loadLocalPersona('smt1500-loader');
    const others = await startLocalUnits({
      units: [
        { name: 'other', site: 's', persona: { ...persona, startsIn: 'application' }, installed: '07.1' },
      ],
      speed: 60,
      folder: join(site.folder, 'others'),
    });
    try {
      const cable = join(site.folder, 'cable');
      await symlink(site.port, cable);
      const words = ['local', 'recover', cable, image, '--expect-id', '17', '--yes', '--json'];
      const running = site.run(words);
      while (existsSync(site.port)) await new Promise((resolve) => setImmediate(resolve));
      await rm(cable);
      await symlink(others.units[0]?.port ?? '', cable);
      const ran = await running;
      expect(runOf(ran).units[0]).toMatchObject({
        outcome: 'unknown',
        after: null,
        problem: { message: expect.stringContaining('Whether it is the same unit is not known') },
      });
      expect(ran.exit).toBe(5);
      // A later resume reports the same.
      const again = await site.run(['resume', '--yes', '--json']);
      expect(runOf(again).units[0]).toMatchObject({ outcome: 'unknown' });
      expect(others.units[0]?.device).toMatchObject({ attempts: 0, writes: 0 });
    } finally {
      await others.close();
    }
  });

  it('is in the journal before the first block is sent', async () => {
    site = await openLocalSite('smt1500-loader');
    const { device } = await recover(site);
    const [run] = await listRuns(site.state);
    const events = await readJournal(site.state, run ?? '');
    const steps = events.flatMap((event) => (event.event === 'step' ? [`${event.step} ${event.state}`] : []));
    expect(steps).toEqual([
      'start committing',
      'start done',
      'settle begun',
      'settle done',
      'verify begun',
      'verify done',
    ]);
    expect(events.slice(-2)).toMatchObject([
      { event: 'closed', state: 'done' },
      { event: 'exit', code: 0 },
    ]);
    // Resume does not start an ended run again.
    const again = runOf(await site.run(['resume', '--yes', '--json']));
    expect(again).toMatchObject({ state: 'done', units: [{ outcome: 'upgraded' }] });
    expect(device.attempts).toBe(1);
  });
});
