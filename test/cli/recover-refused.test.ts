import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { listRuns } from '../../src/state/index.ts';
import {
  bytesOf,
  LOADER_IMAGE,
  type LocalSite,
  openLocalSite,
  recover,
} from '../support/sites/local-site.ts';
import { runOf } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: LocalSite;
afterEach(() => site.close());

describe('nothing is sent', { timeout: LONG }, () => {
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
    const image = await site.image('SMT18UPS_15-1.enc', {
      microLinkId: 18,
      version: '15.1',
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
      problem: { code: 'refused/no-path', message: expect.stringContaining('12.0') },
      exitCode: 3,
    });
    expect(ran.exit).toBe(3);
    expect(site.device).toMatchObject({ state: 'application', writes: 0, dangerous: 0 });
  });

  it('to a silent unit that received an image, by any later command', async () => {
    site = await openLocalSite('smt1500-loader', ['loader-never-returns'], { settle: 0.1 });
    const first = await recover(site);
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
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'refused', problem: { code: 'image/changed' } });
    expect(ran.exit).toBe(3);
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

describe('a recovery that is stopped', { timeout: LONG }, () => {
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
