import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  buildCardFile,
  cardFileName,
  FAULTS,
  type Fault,
  loadPersona,
  type SimulatedUnit,
} from '../../src/sim/index.ts';
import { BOTH_WAYS, NMC2, openSite, runOf, type Site } from '../support/sites/site.ts';
import { CASES, type Expected } from '../support/values/fault-cases.ts';

let site: Site;
afterEach(() => site.close());

/** For cards that say nothing any more. */
const IMPATIENT = { stalledUpload: 2, afterLastByte: 2, command: 4, flush: 1, handshake: 10 };

async function unitOf({ unit, asked }: Expected, fault: Fault): Promise<SimulatedUnit> {
  if (asked !== 'ftp-tls') return { ...unit, faults: [fault] };
  return { ...unit, persona: { ...(await loadPersona(unit.persona)), ftpTls: true }, faults: [fault] };
}

/** What the operator asks for beside the update itself. */
async function wordsOf(expected: Expected): Promise<readonly string[]> {
  if (expected.asked === undefined || expected.asked === 'ftp-tls') return [];
  if (expected.asked === 'output-off') return ['--unit', expected.unit.name, '--switch-output', 'off'];
  for (const part of ['bootmon', 'aos', 'sumx'] as const) {
    const recipe = { platform: 'hw05', part, version: part === 'bootmon' ? 'v1.1.0' : 'v7.1.8' };
    await writeFile(join(site.folder, 'images', cardFileName(recipe)), buildCardFile(recipe));
  }
  return ['--component', 'card'];
}

const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is Fault => Object.hasOwn(FAULTS, name));

describe('every fault of a device ends in a true statement, with at most one start', () => {
  it.each(FAULT_NAMES)('%s', async (fault) => {
    const expected = CASES[fault];
    site = await openSite([await unitOf(expected, fault)], expected.speed);
    const words = await wordsOf(expected);
    const ran = await site.run(
      ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', ...words],
      expected.impatient ? { timeouts: IMPATIENT } : {},
    );
    const [unit] = runOf(ran).units;
    expect({ outcome: unit?.outcome, code: unit?.problem?.code ?? null, exit: ran.exit }).toEqual({
      outcome: expected.outcome,
      code: expected.code,
      exit: expected.exit,
    });
    expect(site.fleet.device(expected.unit.name).counters.starts).toBe(expected.starts);
    // Nobody knows what a card may ask, so nothing is ever answered.
    expect(site.fleet.device(expected.unit.name).counters.answers).toBe(0);
    expect(unit?.simulated).toBe(true);
    if (unit?.problem) expect(unit.problem.hint).not.toBe('');
  });
});

describe('a start by the command line', () => {
  it('is not judged by the result of an earlier update', async () => {
    site = await openSite([{ ...BOTH_WAYS, faults: ['stale-result'] }]);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '15.0' } });
  });

  it('is known to have failed when the failure is new', async () => {
    site = await openSite([{ ...BOTH_WAYS, faults: ['update-cancelled'] }]);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/update-failed' },
    });
  });
});

describe('a start by SNMP', () => {
  it('is not made while another image lies beside the one that is meant', async () => {
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

describe('a second attempt', () => {
  it('is not made while the way of the first cannot be asked what it is doing', async () => {
    site = await openSite([{ ...BOTH_WAYS, faults: ['cli-failed'] }]);
    const device = site.fleet.device('c');
    const first = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(first).units[0]).toMatchObject({ outcome: 'failed' });
    const text = await readFile(site.inventory, 'utf8');
    // FTP and SNMP would do for the attempt itself.
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
