import { existsSync } from 'node:fs';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { type LocalFault, loadLocalPersona, startLocalUnits } from '../../src/sim/index.ts';
import { listRuns, readJournal } from '../../src/state/index.ts';
import { bytesOf, LOADER_IMAGE, type LocalSite, openLocalSite } from '../support/sites/local-site.ts';
import { runOf } from '../support/sites/site.ts';

let site: LocalSite;
afterEach(() => site.close());

/** The sender waits for every lost block or answer, so the image has few blocks. */
const LOSING: ReadonlySet<LocalFault> = new Set(['loader-loses-blocks', 'loader-loses-acks']);

async function recover(faults: readonly LocalFault[] = [], timeouts: Io['localTimeouts'] = {}) {
  const few = faults.some((fault) => LOSING.has(fault));
  const recipe = few ? { ...LOADER_IMAGE, parts: [], payloadBytes: 8_000 } : LOADER_IMAGE;
  site = await openLocalSite('smt1500-loader', faults, timeouts);
  const image = await site.image('SMT17UPS_07-1.enc', recipe);
  const ran = await site.run(['local', 'recover', site.port, image, '--expect-id', '17', '--yes', '--json']);
  const [unit] = runOf(ran).units;
  if (unit === undefined) throw new Error(ran.out);
  return { ran, unit, image: await bytesOf(image), device: site.device };
}

describe('a unit in its boot loader', () => {
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
      const { ran, unit, image, device } = await recover(faults);
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
    const { ran, unit, device } = await recover([fault], timeouts);
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
    const { device } = await recover();
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
    expect(events.at(-1)).toMatchObject({ event: 'closed', state: 'done' });
    // Resume does not start an ended run again.
    const again = runOf(await site.run(['resume', '--yes', '--json']));
    expect(again).toMatchObject({ state: 'done', units: [{ outcome: 'upgraded' }] });
    expect(device.attempts).toBe(1);
  });
});

describe('nothing is sent', () => {
  async function refused(words: readonly string[], image: string) {
    return site.run(['local', 'recover', site.port, image, '--yes', '--json', ...words]);
  }

  it.each([
    ['without the ID', [], LOADER_IMAGE, 'config/usage', 2],
    ['if the image has another ID', ['--expect-id', '18'], LOADER_IMAGE, 'refused/rule', 3],
  ] as const)('%s', async (_, words, recipe, code, exit) => {
    site = await openLocalSite('smt1500-loader');
    const image = await site.image('a.enc', recipe);
    const ran = await refused(words, image);
    expect(JSON.parse(ran.out)).toMatchObject({ problem: { code } });
    expect(ran.exit).toBe(exit);
    expect(site.device).toMatchObject({ attempts: 0, bytesArrived: 0 });
    expect(await listRuns(site.state)).toEqual([]);
  });

  it('if the image is damaged, truncated or not an image', async () => {
    site = await openLocalSite('smt1500-loader');
    const good = await site.image('a.enc', LOADER_IMAGE);
    const bytes = await bytesOf(good);
    bytes[20_000] = (bytes[20_000] ?? 0) ^ 0xff;
    const damaged = join(site.folder, 'b.enc');
    await writeFile(damaged, bytes);
    expect(JSON.parse((await refused(['--expect-id', '17'], damaged)).out)).toMatchObject({
      problem: { code: 'image/payload-checksum' },
    });
    await writeFile(damaged, bytes.subarray(0, 20_001));
    expect((await refused(['--expect-id', '17'], damaged)).exit).toBe(2);
    await writeFile(damaged, '');
    expect((await refused(['--expect-id', '17'], damaged)).exit).toBe(2);
    expect((await refused(['--expect-id', '17'], join(site.folder, 'no.enc'))).exit).toBe(2);
    expect(site.device.bytesArrived).toBe(0);
  });

  it('if the image may need a newer boot loader, until the operator confirms that the unit has it', async () => {
    site = await openLocalSite('smt1500-old-loader');
    const image = await site.image('SMT18UPS_15-0.enc', {
      microLinkId: 18,
      version: '15.0',
      payloadBytes: 20_000,
    });
    const ran = await refused(['--expect-id', '18'], image);
    expect(JSON.parse(ran.out)).toMatchObject({
      problem: {
        code: 'refused/rule',
        message: expect.stringContaining('09.6'),
        hint: expect.stringContaining('09.6'),
      },
    });
    expect(site.device.attempts).toBe(0);
  });

  it('to a running unit', async () => {
    site = await openLocalSite('smc1000i-serial');
    const image = await site.image('a.enc', { microLinkId: 1005, version: '15.1' });
    const override = '--override=recovery-loader=it ran 12.0';
    const ran = await refused(['--expect-id', '1005', override], image);
    expect(JSON.parse(ran.out)).toMatchObject({
      problem: { code: 'device/start-refused', message: expect.stringContaining('12.0') },
    });
    expect(site.device).toMatchObject({ state: 'application', writes: 0, dangerous: 0 });
  });

  it('to a silent unit that received an image, by any later command', async () => {
    const first = await recover(['loader-never-returns'], { settle: 0.1 });
    expect(first.unit.outcome).toBe('unknown');
    const image = await site.image('b.enc', LOADER_IMAGE);
    const ran = await refused(['--expect-id', '17'], image);
    expect(JSON.parse(ran.out)).toMatchObject({ problem: { code: 'link/silent' } });
    expect(site.device).toMatchObject({ attempts: 1, dangerous: 0 });
  });

  it('if the file changed after it was read, and the run reports it', async () => {
    site = await openLocalSite('smt1500-loader');
    const image = await site.image('a.enc', LOADER_IMAGE);
    const ask = async (): Promise<string> => {
      await writeFile(image, Buffer.alloc(128));
      return 'yes';
    };
    const ran = await site.run(['local', 'recover', site.port, image, '--expect-id', '17', '--json'], {
      ask,
    });
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'failed', problem: { code: 'image/changed' } });
    expect(ran.exit).toBe(4);
    expect(site.device).toMatchObject({ attempts: 0, bytesArrived: 0 });
  });

  it('without a confirmation', async () => {
    site = await openLocalSite('smt1500-loader');
    const image = await site.image('a.enc', LOADER_IMAGE);
    const words = ['local', 'recover', site.port, image, '--expect-id', '17'];
    expect((await site.run(words)).exit).toBe(2);
    let shown = '';
    const ask = async (question: string): Promise<string> => {
      shown = question;
      return 'no';
    };
    expect((await site.run(words, { ask })).exit).toBe(2);
    expect(shown).toContain('4.5G Smart-UPS Tower');
    expect(shown).toContain('The unit is on mains');
    expect(site.device.attempts).toBe(0);
  });
});

describe('a recovery that is stopped', () => {
  it('during the transfer informs the boot loader, which waits as before', async () => {
    site = await openLocalSite('smt1500-loader');
    const image = await site.image('a.enc', LOADER_IMAGE);
    const { device } = site;
    let interrupt: (kind: 'interrupt') => void = () => undefined;
    let twice = false;
    device.on('change', () => {
      if (device.state !== 'receiving' || twice) return;
      twice = true;
      interrupt('interrupt');
      interrupt('interrupt');
    });
    const ran = await site.run(
      ['local', 'recover', site.port, image, '--expect-id', '17', '--yes', '--json'],
      {
        onInterrupt: (handler) => {
          interrupt = handler;
          return () => undefined;
        },
      },
    );
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'failed', problem: { code: 'refused/stopped' } });
    expect(device.state).toBe('loader');
    const again = await site.run([
      'local',
      'recover',
      site.port,
      image,
      '--expect-id',
      '17',
      '--yes',
      '--json',
    ]);
    expect(runOf(again).units[0]).toMatchObject({ outcome: 'upgraded' });
  });
});
