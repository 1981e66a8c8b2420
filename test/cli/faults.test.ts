import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { FAULTS, type Fault, type SimulatedUnit } from '../../src/sim/index.ts';
import { BOTH_WAYS, NMC2, NMC3, openSite, runOf, type Site } from './harness.ts';

let site: Site;
afterEach(() => site.close());

interface Expected {
  readonly unit: SimulatedUnit;
  readonly outcome: 'upgraded' | 'failed' | 'refused' | 'unknown';
  readonly exit: number;
  readonly code: string | null;
  /** Requests to start that reach the device. */
  readonly starts: number;
  /** Higher where only the limit of a step ends it. */
  readonly speed?: number;
}

/** Every fault of the simulator, and what the tool must make of it. */
const CASES: Readonly<Record<Fault, Expected>> = {
  'ssh-hang-up-after-login': { unit: NMC3, outcome: 'failed', exit: 4, code: 'link/closed', starts: 0 },
  'scp-hang-up-half-way': {
    unit: NMC3,
    outcome: 'failed',
    exit: 4,
    code: 'device/upload-mismatch',
    starts: 0,
  },
  'scp-refused': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/no-room', starts: 0 },
  'ftp-hang-up-half-way': {
    unit: NMC2,
    outcome: 'failed',
    exit: 4,
    code: 'device/upload-mismatch',
    starts: 0,
  },
  'ftp-no-final-reply': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'set-refused': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/start-unavailable', starts: 1 },
  'set-answer-lost': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'set-lost': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/start-not-seen', starts: 0 },
  'cli-lost': { unit: BOTH_WAYS, outcome: 'failed', exit: 4, code: 'device/start-not-seen', starts: 0 },
  'cli-failed': { unit: BOTH_WAYS, outcome: 'failed', exit: 4, code: 'device/start-refused', starts: 0 },
  // Without the update object nothing tells an update that is not shown from one that is not there.
  'cli-asks': {
    unit: NMC3,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 0,
    speed: 3000,
  },
  'cli-answer-lost': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'cli-incompatible': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/incompatible', starts: 0 },
  'update-cancelled': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/update-failed', starts: 1 },
  'returns-unchanged': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'never-returns': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'update-stuck': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'on-battery-after-upload': { unit: NMC2, outcome: 'refused', exit: 3, code: 'refused/rule', starts: 0 },
  'output-off-after-update': { unit: NMC2, outcome: 'unknown', exit: 5, code: 'device/changed', starts: 1 },
  'stale-result': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
};

const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is Fault => Object.hasOwn(FAULTS, name));

describe('every fault of a device ends in a true statement, with at most one start', () => {
  it.each(FAULT_NAMES)('%s', async (fault) => {
    const expected = CASES[fault];
    site = await openSite([{ ...expected.unit, faults: [fault] }], expected.speed);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
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
    const again = await site.run(['resume', '--again', 'a', '--json']);
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
    const again = await site.run(['resume', '--again', 'c', '--json']);
    expect(runOf(again).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/update-unknown' },
    });
    expect(device.counters.starts).toBe(0);
  });
});
