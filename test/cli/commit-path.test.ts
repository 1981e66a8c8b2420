import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { PERSONA_IMAGES, type SimulatedDevice, type SimulatedUnit } from '../../src/sim/index.ts';
import { BOTH_METHODS, NMC2, NMC3, openSite, runHere, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

let site: Site;
const children: ChildProcess[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await site.close();
});

function upgrade(...words: string[]) {
  return site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', ...words]);
}

const A: SimulatedUnit = { ...NMC2, name: 'a', site: 'berlin', feeds: ['rack'] };
const B: SimulatedUnit = { ...NMC2, name: 'b', site: 'berlin', feeds: ['rack'] };
/** Receives an image first, and then waits for its panel. */
const TWO_STEPS: SimulatedUnit = { name: 'd', site: 'berlin', persona: 'srt10k-ap9641' };

/** Somebody uploads an image to the card and starts it there, without this tool. */
async function startByPerson(device: SimulatedDevice, file: string): Promise<void> {
  device.files.set(file, await readFile(join(site.folder, 'images', file)));
  expect(device.start(file, 'confirmed')).toBe('started');
}

/** A second address of a UDP service, as address translation gives one. */
async function relayTo(host: string, port: number): Promise<number> {
  const outside = createSocket('udp4');
  const inside = createSocket('udp4');
  sockets.push(outside, inside);
  let client: RemoteInfo | null = null;
  outside.on('message', (bytes, from) => {
    client = from;
    inside.send(bytes, port, host);
  });
  inside.on('message', (bytes) => {
    if (client !== null) outside.send(bytes, client.port, client.address);
  });
  outside.bind(0, '127.0.0.1');
  await once(outside, 'listening');
  return outside.address().port;
}

const IMAGE = 'SMT18UPS_15-1.enc';
const NMC3_IMAGE = 'SMT20UPS_15-0.enc';

describe('the partner of a unit', { timeout: LONG }, () => {
  const refused = { outcome: 'refused', problem: { code: 'refused/partner' } };

  it('that has received an image and waits for its panel is not idle', async () => {
    site = await openSite([{ ...TWO_STEPS, feeds: ['rack'] }, B], 3000);
    await site.fleet.writeImages(join(site.folder, 'images'), PERSONA_IMAGES);
    const ran = await upgrade();
    expect(runOf(ran).units).toMatchObject([
      { name: 'd', outcome: 'stopped', problem: { code: 'device/not-installed' } },
      { name: 'b', ...refused },
    ]);
    expect(site.fleet.device('b').counters.starts).toBe(0);
    // Another state folder does not contain that run: only the card shows the waiting image.
    const elsewhere = await runHere(
      [
        'upgrade',
        '-i',
        site.inventory,
        '--apply',
        '--yes',
        '--json',
        '--unit',
        'b',
        '--state',
        join(site.folder, 'other'),
      ],
      { environment: site.environment },
    );
    expect(runOf(elsewhere).units[0]).toMatchObject({
      ...refused,
      problem: { message: expect.stringContaining('not installed yet') },
    });
    expect(site.fleet.device('b').counters.starts).toBe(0);
  });

  it.each([
    ['its update object', { ...A, faults: ['update-stuck' as const] }, IMAGE],
    [
      'its command line',
      { ...NMC3, name: 'a', site: 'berlin', feeds: ['rack'], faults: ['update-stuck' as const] },
      NMC3_IMAGE,
    ],
  ])('that somebody updates from the card page is not idle, according to %s', async (_source, unit, file) => {
    site = await openSite([unit, B]);
    await site.fleet.writeImages(join(site.folder, 'images'));
    const device = site.fleet.device('a');
    await startByPerson(device, file);
    await device.until(({ progress }) => progress !== null && progress.sent > 0);
    const ran = await upgrade('--unit', 'b');
    expect(runOf(ran).units[0]).toMatchObject({
      ...refused,
      problem: { message: expect.stringContaining('is being updated') },
    });
    expect(site.fleet.device('b').counters.starts).toBe(0);
  });

  it('is not hidden by a second entry of the same card', async () => {
    site = await openSite([{ ...NMC2, name: 'a', site: 'berlin' }, B]);
    const text = await readFile(site.inventory, 'utf8');
    const entry = /( +)- name: a\n(?:\1 .*\n)+/.exec(text)?.[0] ?? '';
    const [, host = ''] = /host: (\S+)/.exec(entry) ?? [];
    const [, port = ''] = /snmp: (\d+)/.exec(entry) ?? [];
    // Entry a2 is the card of unit a at another address, and only this entry has the load.
    const second = entry
      .replace('name: a', 'name: a2\n        feeds: [rack]')
      .replace(host, '127.0.0.1')
      .replace(port, String(await relayTo(host, Number(port))));
    await writeFile(site.inventory, text.replace(entry, `${entry}${second}`));
    const ran = await upgrade('--unit', 'a', '--unit', 'b');
    const [a] = runOf(ran).units;
    expect(a).toMatchObject({ name: 'a', outcome: 'refused' });
    expect(a?.problem?.message).toContain('berlin/a2');
    expect(site.fleet.device('a').counters.starts).toBe(0);
  });

  it('is checked for a lock, because another process may update it', async () => {
    site = await openSite([{ ...A, faults: ['ftp-stalls'] }, B]);
    const device = site.fleet.device('a');
    const words = [
      'upgrade',
      '-i',
      site.inventory,
      '--apply',
      '--yes',
      '--json',
      '--unit',
      'a',
      '--state',
      site.state,
    ];
    const child = spawn(process.execPath, [MAIN, ...words], {
      env: { ...process.env, ...site.environment },
      stdio: 'ignore',
    });
    children.push(child);
    // The unit is in the middle of its upload, so its card shows no update.
    await device.until(({ counters }) => counters.logins > 2);
    const ran = await upgrade('--unit', 'b');
    expect(runOf(ran).units[0]).toMatchObject({
      ...refused,
      problem: { message: expect.stringContaining('in use by another process') },
    });
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(site.fleet.device('b').counters.starts).toBe(0);
  });

  it('is checked again right before the start', async () => {
    site = await openSite([A, { ...B, installed: '15.0' }]);
    const device = site.fleet.device('a');
    const partner = site.fleet.device('b');
    device.on('change', () => {
      if (device.counters.uploads > 0) partner.onBattery = true;
    });
    const ran = await upgrade('--unit', 'a');
    expect(runOf(ran).units[0]).toMatchObject(refused);
    expect(device.counters).toMatchObject({ uploads: 1, starts: 0 });
  });
});

describe('an image that a person sent', { timeout: LONG }, () => {
  it('that waits for its panel prevents a second start', async () => {
    site = await openSite([TWO_STEPS], 3000);
    await site.fleet.writeImages(join(site.folder, 'images'), PERSONA_IMAGES);
    const device = site.fleet.device('d');
    await startByPerson(device, 'SRT1019UPS_07-9.enc');
    await device.until(({ update, phase }) => update === 4 && phase === 'idle');
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'refused',
      problem: { code: 'device/not-installed', message: expect.stringContaining('not installed yet') },
    });
    expect(ran.exit).toBe(3);
    expect(device.counters.starts).toBe(1);
  });

  it('that another run left staged on the card of a partner prevents the start of this run', async () => {
    site = await openSite([{ ...A, faults: ['set-refused'] }, B]);
    expect(runOf(await upgrade('--unit', 'a')).units[0]).toMatchObject({ outcome: 'stopped' });
    const ran = await upgrade('--unit', 'b');
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/partner', message: expect.stringContaining('a person may start it') },
    });
    expect(site.fleet.device('b').counters.starts).toBe(0);
  });

  it('still blocks the partner if the inventory no longer lists the units as partners', async () => {
    site = await openSite([{ ...A, faults: ['set-refused'] }, B]);
    const first = runOf(await upgrade());
    expect(first.units.map(({ outcome }) => outcome)).toEqual(['stopped', 'refused']);
    const text = await readFile(site.inventory, 'utf8');
    const alone = text.replaceAll(/ +feeds:\n +- rack\n/g, '');
    expect(alone).not.toBe(text);
    await writeFile(site.inventory, alone);
    const resumed = await site.run(['resume', first.run, '--yes', '--json']);
    expect(runOf(resumed).units[1]).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/partner' },
    });
    expect(site.fleet.device('b').counters.starts).toBe(0);
  });
});

describe('a start by command', { timeout: LONG }, () => {
  it('that answers E100 while the update runs is watched to its end, with no other start beside it', async () => {
    site = await openSite([{ ...BOTH_METHODS, feeds: ['rack'], faults: ['cli-fails-and-starts'] }]);
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '15.0' } });
    expect(site.fleet.device('c').counters.starts).toBe(1);
    // It is not known whether the unit follows this start or another one.
    const { out } = await site.run(['report']);
    expect(out).toContain('start by cli answered with an error, verify done');
    expect(out).not.toContain('started by');
  });

  it('is not reported as failed if the card answers the transfer query with an error', async () => {
    site = await openSite([{ ...BOTH_METHODS, faults: ['cli-fails-and-starts', 'cli-status-fails'] }]);
    const device = site.fleet.device('c');
    // The update object does not follow this update.
    device.on('change', () => {
      if (device.update === 3) device.update = 1;
    });
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.starts).toBe(1);
  });

  it('that had no effect is not reported as received because of an earlier success', async () => {
    site = await openSite([{ ...BOTH_METHODS, faults: ['stale-success', 'cli-lost'] }]);
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/start-not-seen' },
    });
    expect(site.fleet.device('c').counters.starts).toBe(0);
  });

  it('that had no effect ends as unknown if the card shows only an earlier success', async () => {
    const faults = ['stale-success', 'cli-lost', 'event-log-unreadable'] as const;
    site = await openSite([{ ...BOTH_METHODS, faults: [...faults] }], 3000);
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'unknown' });
    expect(runOf(ran).units[0]?.problem?.message).not.toContain('has received');
  });
});

describe('an image that was seen as received', { timeout: LONG }, () => {
  it('stays so when the card restarts and forgets it, until the operator decides otherwise', async () => {
    site = await openSite([TWO_STEPS], 3000);
    await site.fleet.writeImages(join(site.folder, 'images'), PERSONA_IMAGES);
    const device = site.fleet.device('d');
    const first = await upgrade();
    const waits = { outcome: 'stopped', problem: { code: 'device/not-installed' } };
    expect(runOf(first).units[0]).toMatchObject(waits);
    device.update = 1;
    device.inject('event-log-unreadable');
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject(waits);
    const another = await upgrade();
    expect(runOf(another).units[0]).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/second-attempt' },
    });
    expect(device.counters.starts).toBe(1);
    const again = await site.run(['resume', runOf(first).run, '--retry', 'd', '--yes', '--json']);
    expect(device.counters.starts).toBe(2);
    expect(runOf(again).units[0]).toMatchObject({ name: 'd' });
  });

  it('is not known if the event log is unreadable, so the tool starts nothing', async () => {
    site = await openSite([{ ...TWO_STEPS, start: ['snmp'], faults: ['event-log-unreadable'] }], 3000);
    await site.fleet.writeImages(join(site.folder, 'images'), PERSONA_IMAGES);
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'refused',
      problem: { code: 'device/not-installed' },
    });
    expect(site.fleet.device('d').counters.starts).toBe(0);
  });
});

describe('a unit with an update that this run did not start', { timeout: LONG }, () => {
  it.each([
    ['its update object', NMC2, IMAGE],
    ['its command line', NMC3, NMC3_IMAGE],
    ['both', BOTH_METHODS, NMC3_IMAGE],
  ])('is refused before anything is sent, according to %s', async (_source, unit, file) => {
    site = await openSite([{ ...unit, faults: ['update-stuck'] }]);
    const device = site.fleet.device(unit.name);
    await startByPerson(device, file);
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'refused', problem: { code: 'device/busy' } });
    expect(ran.exit).toBe(3);
    expect(device.counters).toMatchObject({ uploads: 0, starts: 1 });
  });
});

describe('between the upload and the start', { timeout: LONG }, () => {
  it('an update that somebody starts from the card page prevents the start', async () => {
    site = await openSite([NMC2]);
    const device = site.fleet.device('a');
    device.on('change', () => {
      if (device.counters.uploads > 0 && device.counters.starts === 0) device.start(null, 'confirmed');
    });
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'refused', problem: { code: 'device/busy' } });
    expect(device.counters).toMatchObject({ starts: 1, startsAccepted: 1 });
  });

  it.each([
    ['FTP', NMC2],
    ['SCP', NMC3],
  ])('the part of a broken upload by %s is removed from the card', async (_protocol, unit) => {
    site = await openSite([{ ...unit, faults: ['upload-truncated'] }]);
    const device = site.fleet.device(unit.name);
    const removed = device
      .until(({ files }) => files.size > 0)
      .then(() => device.until(({ files }) => files.size === 0));
    const [text] = runOf(await upgrade()).units;
    expect(text).toMatchObject({ outcome: 'failed', problem: { code: 'device/upload-mismatch' } });
    expect([...device.files.keys()]).toEqual([]);
    await removed;
  });
});

describe('a login that the card refuses', { timeout: LONG }, () => {
  it.each([
    ['FTP', NMC2],
    ['SSH', NMC3],
  ])('is sent once, over %s and all helpers, and is named by its reference', async (_protocol, unit) => {
    site = await openSite([unit]);
    const environment = { ...site.environment, UPSFW_SIM_PASSWORD: 'not-the-password' };
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'], {
      environment,
    });
    const [text] = runOf(ran).units;
    expect(text).toMatchObject({ outcome: 'failed', problem: { code: 'device/login' } });
    expect(text?.problem?.message).toContain('env:UPSFW_SIM_PASSWORD');
    expect(ran.out + ran.info).not.toContain('not-the-password');
    const { counters } = site.fleet.device(unit.name);
    expect(counters).toMatchObject({ refusedLogins: 1, starts: 0, uploads: 0 });
  });

  it('at two units pauses the run, so no third card gets it', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    site = await openSite(names.map((name) => ({ ...NMC2, name, site: `site-${name}` })));
    const environment = { ...site.environment, UPSFW_SIM_PASSWORD: 'not-the-password' };
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'], {
      environment,
    });
    const attempts = names.map((name) => site.fleet.device(name).counters.refusedLogins);
    expect(attempts.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(ran.exit).toBe(4);
    const run = runOf(ran);
    expect(run.units.filter(({ outcome }) => outcome === 'failed')).toHaveLength(2);
    expect(run.units.every(({ outcome }) => ['failed', 'refused', 'pending'].includes(outcome))).toBe(true);
    expect(run).toMatchObject({ paused: { code: 'refused/login' } });
    // With the right password the other units continue.
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units.filter(({ outcome }) => outcome === 'upgraded')).toHaveLength(3);
  });
});

describe('a retry', { timeout: LONG }, () => {
  it('is refused for a name that two units have', async () => {
    const unit = { ...NMC2, faults: ['update-cancelled' as const] };
    site = await openSite([unit, { ...unit, site: 'oslo' }]);
    expect((await upgrade()).exit).toBe(4);
    const ran = await site.run(['resume', '--retry', 'a', '--yes', '--json']);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain('berlin/a, oslo/a');
    const again = await site.run(['resume', '--retry', 'oslo/a', '--yes', '--json']);
    expect(runOf(again).units.map(({ hops }) => hops.length)).toEqual([1, 1]);
    const starts = site.fleet.units.map(({ device }) => device.counters.starts);
    expect(starts.sort()).toEqual([1, 2]);
  });
});

describe('a failed update', { timeout: LONG }, () => {
  it('shows the event log lines since the start, with codes that can be explained', async () => {
    site = await openSite([{ ...NMC2, faults: ['update-cancelled'] }]);
    const ran = await upgrade();
    const details = runOf(ran).units[0]?.problem?.details;
    expect(details).toEqual(
      expect.arrayContaining([expect.stringContaining('0x0176'), expect.stringContaining('0x0178')]),
    );
    const text = await site.run(['report']);
    expect(text.out).toContain('0x0178');
    const explained = await site.run(['explain', '0x0178', 'E100', 'device/update-failed', 'LOADER_TOO_OLD']);
    expect(explained.exit).toBe(0);
    for (const word of ['0x0178', 'E100', 'device/update-failed', 'LOADER_TOO_OLD'])
      expect(explained.out).toContain(word);
    expect((await site.run(['explain', 'E999'])).exit).toBe(2);
  });

  it('that the command line refused shows the answer with its meaning', async () => {
    site = await openSite([{ ...BOTH_METHODS, faults: ['cli-failed'] }]);
    const ran = await upgrade();
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/start-refused', message: expect.stringContaining('E100 (command failed)') },
    });
  });
});
