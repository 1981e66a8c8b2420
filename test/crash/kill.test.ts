import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { journalHas } from '../support/sites/journal.ts';
import { BOTH_METHODS, NMC2, NMC3, openSite, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

let site: Site;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await site.close();
});

function begin(environment: Record<string, string> = {}): ChildProcess {
  const args = [MAIN, 'upgrade', '-i', site.inventory, '--apply', '--yes', '--json', '--state', site.state];
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...site.environment, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

const COMMITTING = '"step":"start","state":"committing"';

describe.each([
  ['SNMP', NMC2, '15.1'],
  ['the command line', NMC3, '15.0'],
] as const)('killed during an upgrade that starts by %s', { timeout: LONG }, (_method, unit, target) => {
  it('during the upload: resume continues and starts once', async () => {
    site = await openSite([unit]);
    const device = site.fleet.device(unit.name);
    const child = begin();
    await journalHas(site.state, child, '"step":"transfer","state":"begun"');
    await kill(child);
    expect(device.counters.starts).toBe(0);
    const resumed = runOf(await site.run(['resume', '--yes', '--json']));
    expect(resumed.units[0]).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.starts).toBe(1);
    expect(device.version).toBe(target);
  });

  it('right after the start was written: at most one start, and a true report', async () => {
    site = await openSite([unit], 3000);
    const device = site.fleet.device(unit.name);
    const child = begin();
    await journalHas(site.state, child, COMMITTING);
    await kill(child);
    const before = device.counters.starts;
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(device.counters.starts).toBe(before);
    expect(before).toBeLessThanOrEqual(1);
    const [reported] = runOf(ran).units;
    if (device.version === target)
      expect(reported).toMatchObject({ outcome: 'upgraded', after: { version: target } });
    else expect(['failed', 'unknown']).toContain(reported?.outcome);
    expect(ran.exit).toBe({ upgraded: 0, failed: 4, unknown: 5 }[reported?.outcome ?? '']);
  });

  it('right after the start was sent: resume watches it and starts nothing', async () => {
    site = await openSite([unit]);
    const device = site.fleet.device(unit.name);
    const child = begin();
    await device.until(({ counters }) => counters.starts === 1);
    await kill(child);
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: target } });
    expect(ran.exit).toBe(0);
    expect(device.counters.starts).toBe(1);
  });

  it('after the unit returned: resume finds it upgraded', async () => {
    site = await openSite([unit]);
    const device = site.fleet.device(unit.name);
    const child = begin();
    await device.until(({ counters }) => counters.starts === 1);
    await kill(child);
    await device.until(({ version, phase }) => version === target && phase === 'idle');
    expect(runOf(await site.run(['resume', '--yes', '--json'])).units[0]).toMatchObject({
      outcome: 'upgraded',
    });
    expect(device.counters.starts).toBe(1);
  });
});

describe('a start in the journal that was never sent', { timeout: LONG }, () => {
  it('is not sent by resume; the operator allows a retry by name', async () => {
    // The update is cancelled: the device shows for certain that nothing runs.
    site = await openSite([{ ...NMC2, faults: ['update-cancelled'] }]);
    const device = site.fleet.device('a');
    const first = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(first.exit).toBe(4);
    expect(device.counters.starts).toBe(1);

    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units[0]?.outcome).toBe('failed');
    expect(device.counters.starts).toBe(1);

    const wrong = await site.run(['resume', '--yes', '--retry', 'nobody', '--json']);
    expect(wrong.exit).toBe(2);

    const again = await site.run(['resume', '--yes', '--retry', 'a', '--json']);
    expect(again.exit).toBe(4);
    expect(device.counters.starts).toBe(2);
  });

  it('cannot be retried while its unit is in doubt', async () => {
    site = await openSite([{ ...NMC2, faults: ['update-stuck'] }], 3000);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(ran.exit).toBe(5);
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(resumed.exit).toBe(5);
    const again = await site.run(['resume', '--yes', '--retry', 'a', '--json']);
    expect(again.exit).toBe(3);
    expect(JSON.parse(again.out)).toMatchObject({ problem: { code: 'refused/second-attempt' } });
    expect(site.fleet.device('a').counters.starts).toBe(1);
  });
});

describe('a unit that was unknown when the run ended', { timeout: LONG }, () => {
  it('is looked at again by resume, and found upgraded once it has returned', async () => {
    site = await openSite([NMC2], 3000);
    const device = site.fleet.device('a');
    const child = begin();
    await device.until(({ counters }) => counters.starts === 1);
    await kill(child);
    await device.until(({ version, phase }) => version === '15.1' && phase === 'idle');
    device.outputOn = false;
    expect(runOf(await site.run(['resume', '--yes', '--json'])).units[0]).toMatchObject({
      outcome: 'unknown',
      problem: { code: 'device/changed' },
    });
    device.outputOn = true;
    expect(runOf(await site.run(['resume', '--yes', '--json'])).units[0]).toMatchObject({
      outcome: 'upgraded',
    });
    expect(device.counters.starts).toBe(1);
  });
});

describe('a new run while a start is in doubt', { timeout: LONG }, () => {
  it('is refused for the unit and its partner until resume has settled it', async () => {
    site = await openSite(
      [
        { ...NMC2, feeds: ['rack-1'], faults: ['update-stuck'] },
        { ...NMC2, name: 'z', feeds: ['rack-1'] },
      ],
      3000,
    );
    const device = site.fleet.device('a');
    const child = begin();
    await device.until(({ counters }) => counters.starts === 1);
    await kill(child);
    // The unit looks healthy, as it may between two parts of an update.
    device.update = 1;
    device.phase = 'idle';
    const second = runOf(await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']));
    expect(second.units.map((unit) => [unit.outcome, unit.problem?.code])).toEqual([
      ['refused', 'refused/second-attempt'],
      ['refused', 'refused/partner'],
    ]);
    expect(device.counters.starts).toBe(1);
    expect(site.fleet.device('z').counters.starts).toBe(0);
  });
});

describe('resume without the images folder', { timeout: LONG }, () => {
  it('watches what was started, and reports what the rest lacks', async () => {
    site = await openSite([NMC2, { ...NMC2, name: 'later' }]);
    const device = site.fleet.device('a');
    const child = begin();
    await device.until(({ counters }) => counters.starts === 1);
    await kill(child);
    await rm(join(site.folder, 'images'), { recursive: true });
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(ran.exit).toBe(3);
    expect(runOf(ran).units.find((unit) => unit.name === 'a')).toMatchObject({ outcome: 'upgraded' });
    expect(runOf(ran).units.find((unit) => unit.name === 'later')).toMatchObject({
      outcome: 'refused',
      problem: { code: 'image/changed' },
    });
  });
});

describe('an inventory that was changed after the start', { timeout: LONG }, () => {
  it('another start method does not hide what the old one may be doing', async () => {
    site = await openSite([BOTH_METHODS], 60);
    const device = site.fleet.device('c');
    const child = begin();
    await device.until(({ phase }) => phase === 'transferring');
    await kill(child);
    // A card whose update object does not follow an update started by command.
    Object.defineProperty(device, 'update', { get: () => 1, set: () => undefined });
    const text = await readFile(site.inventory, 'utf8');
    await writeFile(site.inventory, text.replace(/start:\s+- cli/, 'start: [snmp]'));
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.starts).toBe(1);
  });

  it('another unit at the address proves nothing about the started unit', async () => {
    site = await openSite([NMC2, { ...NMC2, name: 'stranger', site: 'porto' }], 3000);
    const [device, stranger] = [site.fleet.device('a'), site.fleet.device('stranger')];
    const ports = (name: string) => site.fleet.units.find(({ unit }) => unit.name === name);
    const child = begin();
    await device.until(({ counters }) => counters.starts === 1);
    await kill(child);
    stranger.version = '09.4';
    const text = await readFile(site.inventory, 'utf8');
    const [here, there] = [ports('a'), ports('stranger')];
    const moved = text
      .split(/(?=\n {2}- name: porto)/)
      .slice(0, 1)
      .join('')
      .replace(`host: ${here?.address}`, `host: ${there?.address}`)
      .replace(`snmp: ${here?.ports.snmp}`, `snmp: ${there?.ports.snmp}`);
    expect(moved).not.toBe(text);
    await writeFile(site.inventory, moved);
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(runOf(ran).units.find((unit) => unit.name === 'a')).toMatchObject({
      outcome: 'unknown',
      after: null,
    });
    expect(device.counters.starts).toBe(1);
  });
});

describe('two processes', { timeout: LONG }, () => {
  it('cannot update one unit: the second is refused, and nothing is started twice', async () => {
    site = await openSite([NMC2], 120);
    const device = site.fleet.device('a');
    const child = begin();
    await device.until(({ counters }) => counters.starts === 1);
    const [run = ''] = await readdir(join(site.state, 'runs'));
    const during = await site.run(['status', '--json']);
    // The run is not finished.
    expect(during.exit).toBe(3);
    expect(runOf(during)).toMatchObject({ state: 'running', units: [{ outcome: 'pending' }] });
    const second = runOf(await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']));
    expect(second.units[0]).toMatchObject({ outcome: 'refused', problem: { code: 'refused/locked' } });
    const other = await site.run(['resume', '--yes', '--json', run]);
    expect(other.exit).toBe(3);
    if (child.exitCode === null) await once(child, 'exit');
    expect(device.counters.starts).toBe(1);
    expect(device.version).toBe('15.1');
    // The refused resume did not change the other process's journal.
    expect(runOf(await site.run(['status', '--json', run])).units[0]).toMatchObject({ outcome: 'upgraded' });
  });
});
