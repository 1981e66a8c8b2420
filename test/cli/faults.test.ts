import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  buildCardFile,
  cardFileName,
  FAULTS,
  type Fault,
  loadPersona,
  type SimulatedUnit,
} from '../../src/sim/index.ts';
import { BOTH_METHODS, NMC2, openSite, type Ran, runOf, type Site } from '../support/sites/site.ts';
import { CASES, type Expected } from '../support/values/fault-cases.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: Site | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

/** For cards that stop responding. */
const SHORT_TIMEOUTS = { stalledUpload: 2, afterLastByte: 2, command: 4, flush: 1, handshake: 10 };

const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is Fault => Object.hasOwn(FAULTS, name));

/** Faults whose units can be upgraded in one run: same options, speed and exit code. */
function groupOf({ setup, shortTimeouts, speed, exit }: Expected): string {
  return JSON.stringify([setup, shortTimeouts, speed, exit]);
}

async function unitOf(fault: Fault): Promise<SimulatedUnit> {
  const { unit, setup } = CASES[fault];
  // Each fault has a site of its own, so that no unit waits for another.
  const own = { ...unit, name: fault, site: fault, faults: [fault] };
  return setup === 'ftp-tls'
    ? { ...own, persona: { ...(await loadPersona(unit.persona)), ftpTls: true } }
    : own;
}

/** The options beside those that start the run. */
async function optionsOf(
  { setup }: Expected,
  folder: string,
  faults: readonly Fault[],
): Promise<readonly string[]> {
  if (setup === undefined || setup === 'ftp-tls') return [];
  if (setup === 'output-off')
    return [...faults.flatMap((fault) => ['--unit', fault]), '--switch-output', 'off'];
  for (const part of ['bootmon', 'aos', 'sumx'] as const) {
    const recipe = { platform: 'hw05', part, version: part === 'bootmon' ? 'v1.1.0' : 'v7.1.8' };
    await writeFile(join(folder, 'images', cardFileName(recipe)), buildCardFile(recipe));
  }
  return ['--component', 'card'];
}

/** The run that upgrades all units of a group. */
interface GroupRun {
  readonly ran: Ran;
  readonly site: Site;
}

const groupRuns = new Map<string, Promise<GroupRun>>();

function runOfGroup(fault: Fault): Promise<GroupRun> {
  const expected = CASES[fault];
  const group = groupOf(expected);
  const present = groupRuns.get(group);
  if (present !== undefined) return present;
  const upgrade = async (): Promise<GroupRun> => {
    const faults = FAULT_NAMES.filter((name) => groupOf(CASES[name]) === group);
    const opened = await openSite(await Promise.all(faults.map(unitOf)), expected.speed);
    const options = await optionsOf(expected, opened.folder, faults);
    const ran = await opened.run(
      ['upgrade', '-i', opened.inventory, '--apply', '--yes', '--json', ...options],
      expected.shortTimeouts ? { timeouts: SHORT_TIMEOUTS } : {},
    );
    return { ran, site: opened };
  };
  const running = upgrade();
  groupRuns.set(group, running);
  return running;
}

describe('every fault of a device ends in a true report, with at most one start', { timeout: LONG }, () => {
  afterAll(async () => {
    for (const running of groupRuns.values()) await (await running).site.close();
  });

  it.each(FAULT_NAMES)('%s', async (fault) => {
    const expected = CASES[fault];
    const { ran, site: opened } = await runOfGroup(fault);
    const unit = runOf(ran).units.find(({ name }) => name === fault);
    expect({ outcome: unit?.outcome, code: unit?.problem?.code ?? null, exit: ran.exit }).toEqual({
      outcome: expected.outcome,
      code: expected.code,
      exit: expected.exit,
    });
    const { counters } = opened.fleet.device(fault);
    expect(counters.starts).toBe(expected.starts);
    // The content of the question is not known, so the tool must never answer it.
    expect(counters.answers).toBe(0);
    expect(unit?.simulated).toBe(true);
    if (unit?.problem) expect(unit.problem.hint).not.toBe('');
  });
});

describe('a start by command', () => {
  it('ignores the result of an earlier update', async () => {
    site = await openSite([{ ...BOTH_METHODS, faults: ['stale-result'] }]);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '15.0' } });
  });

  it('ends as failed if the failure is new', async () => {
    site = await openSite([{ ...BOTH_METHODS, faults: ['update-cancelled'] }]);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/update-failed' },
    });
  });
});

describe('a start by SNMP', () => {
  it('is not made while another image is on the card', async () => {
    site = await openSite([NMC2]);
    const device = site.fleet.device('a');
    device.files.set('SMT18UPS_09-6.enc', Buffer.alloc(128));
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/other-images', message: expect.stringContaining('SMT18UPS_09-6.enc') },
    });
    expect(device.counters.starts).toBe(0);
    device.files.delete('SMT18UPS_09-6.enc');
    const again = await site.run(['resume', '--yes', '--retry', 'a', '--json']);
    expect(runOf(again).units[0]).toMatchObject({ outcome: 'upgraded' });
  });
});

describe('a retry', () => {
  it('is refused while the first start method cannot be queried', async () => {
    site = await openSite([{ ...BOTH_METHODS, faults: ['cli-failed'] }]);
    const device = site.fleet.device('c');
    const first = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(first).units[0]).toMatchObject({ outcome: 'failed' });
    const text = await readFile(site.inventory, 'utf8');
    // FTP and SNMP would be enough for the retry itself.
    await writeFile(
      site.inventory,
      text
        .replace(/start:\s+- cli/, 'start: [snmp]')
        .replace(/transfer:\s+- scp\s+- ftp/, 'transfer: [ftp]')
        .replace(/ssh: \d+/, 'ssh: 1'),
    );
    const again = await site.run(['resume', '--yes', '--retry', 'c', '--json']);
    expect(runOf(again).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/update-unknown' },
    });
    expect(device.counters.starts).toBe(0);
  });
});
