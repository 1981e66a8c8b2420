import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/files/index.ts';
import { readBytes } from '../../src/images/index.ts';
import { createLocalDriver } from '../../src/local/index.ts';
import { localTarget } from '../support/devices/local-unit.ts';
import { type LocalSite, openLocalSite } from '../support/sites/local-site.ts';
import { runHere } from '../support/sites/site.ts';

let site: LocalSite | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

const Look = z.looseObject({
  schema: z.literal('upsfw/local-inspect@1'),
  protocol: z.string().nullable(),
  unit: z.looseObject({ serial: z.string().nullable(), simulated: z.boolean() }),
  exchange: z.string().nullable(),
  problem: z.looseObject({ code: z.string() }).nullable(),
});

describe('local inspect', () => {
  it('describes a unit as text and as JSON', async () => {
    site = await openLocalSite('smc1000i-serial');
    const text = await site.run(['local', 'inspect', site.port]);
    expect(text.exit).toBe(0);
    expect(text.out).toContain('UPS 12.0 (ID1005)');
    expect(text.out).toContain('UBL 01.4');
    expect(text.out).toContain('SIMULATION');
    const ran = await site.run(['local', 'inspect', site.port, '--json']);
    expect(Look.parse(JSON.parse(ran.out))).toMatchObject({
      protocol: 'microlink',
      exchange: null,
      problem: null,
      unit: { serial: site.device.serial, simulated: true },
    });
    expect(site.device.writes).toBe(0);
  });

  it('writes only with --authenticate', async () => {
    site = await openLocalSite('smc1000i-serial');
    const ran = await site.run(['local', 'inspect', site.port, '--authenticate', '--json']);
    expect(Look.parse(JSON.parse(ran.out)).exchange).toBe('both');
    expect(site.device.writes).toBe(1);
  });

  it('describes a USB unit without its serial number in the command', async () => {
    site = await openLocalSite('scl500-usb');
    const ran = await site.run(['local', 'inspect', 'usb', '--json']);
    expect(Look.parse(JSON.parse(ran.out))).toMatchObject({ protocol: 'microlink', problem: null });
    const named = await site.run(['local', 'inspect', `usb:${site.device.serial}`, '--json']);
    expect(Look.parse(JSON.parse(named.out)).problem).toBeNull();
    const other = await site.run(['local', 'inspect', 'usb:AS0000000000', '--json']);
    expect(Look.parse(JSON.parse(other.out)).problem).toMatchObject({ code: 'link/silent' });
    expect(other.exit).toBe(4);
  });

  it.each([
    ['that does not exist', '/dev/no-such-port', 'link/port'],
    ['that is a file', '/etc/hostname', 'link/port'],
  ])('refuses a port %s', async (_, port, code) => {
    site = await openLocalSite('smc1000i-serial');
    const ran = await site.run(['local', 'inspect', port, '--json']);
    expect(Look.parse(JSON.parse(ran.out)).problem).toMatchObject({ code });
    expect(ran.exit).toBe(4);
  });

  it('sends nothing to the unit if it is stopped while it listens', async () => {
    site = await openLocalSite('sua1500-upslink', [], { listen: 60 });
    const ran = await site.run(['local', 'inspect', site.port], {
      onInterrupt: (handler) => {
        handler('interrupt');
        return () => undefined;
      },
    });
    expect(ran.exit).toBe(130);
    expect(site.device.bytesArrived).toBe(0);
  });

  it('locks a port for one process under all of its names', async () => {
    site = await openLocalSite('smc1000i-serial');
    const other = join(site.folder, 'closet');
    await symlink(site.port, other);
    const [one, two] = await Promise.all([
      site.run(['local', 'inspect', site.port, '--json']),
      site.run(['local', 'inspect', other, '--json']),
    ]);
    const texts = [one, two].map(({ out }) => out);
    expect(texts.filter((text) => text.includes('refused/locked'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('"protocol": "microlink"'))).toHaveLength(1);
  });

  it('does not open a port that another program uses', async () => {
    site = await openLocalSite('smc1000i-serial');
    // A process of a fake process table has an existing port open: any character device is enough.
    const procRoot = join(site.folder, 'proc');
    await mkdir(join(procRoot, '4711', 'fd'), { recursive: true });
    await symlink('/dev/full', join(procRoot, '4711', 'fd', '3'));
    const path = createLocalDriver({ clock: systemClock, readBytes, procRoot });
    const { problem } = await path.lookAt(
      localTarget({ serialPort: '/dev/full' }),
      new AbortController().signal,
    );
    expect(problem).toMatchObject({ code: 'refused/locked', message: expect.stringContaining('4711') });
  });

  it('notices a program that has a real device open', async () => {
    const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore'] });
    try {
      const path = createLocalDriver({ clock: systemClock, readBytes });
      const target = localTarget({ serialPort: '/dev/null' });
      const { problem } = await path.lookAt(target, new AbortController().signal);
      expect(problem).toMatchObject({ code: 'refused/locked' });
    } finally {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    }
  });

  it.each([
    [['local', 'inspect'], 'local inspect takes 1 argument'],
    [['local', 'inspect', 'usb', '--expect-id', '17'], 'does not take --expect-id'],
    [['local', 'ports', '--yes'], 'does not take --yes'],
    [['local', 'shake'], '"shake" is not one of ports, inspect, recover, usb-drive'],
  ])('rejects %j as wrong usage', async (words, message) => {
    const ran = await runHere(words);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain(message);
  });
});
