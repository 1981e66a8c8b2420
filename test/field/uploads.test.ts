import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Fault, loadPersona, type SimulatedUnit } from '../../src/sim/index.ts';
import { BOTH_METHODS, NMC2, NMC3, openSite, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: Site | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const Uploads = z.array(
  z.looseObject({
    method: z.string(),
    small: z.boolean(),
    problem: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  }),
);

/** The first unit of an upgrade: its outcome, and how its image was sent. */
async function upgrade(unit: SimulatedUnit, more: readonly string[] = []) {
  site = await openSite([unit]);
  const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', ...more]);
  const run = runOf(ran);
  const [first] = run.units;
  const [hop] = first?.hops ?? [];
  return {
    run: run.run,
    outcome: first?.outcome,
    problem: first?.problem ?? null,
    transfer: hop?.transfer ?? null,
    uploads: Uploads.parse(hop?.uploads ?? []).map(({ method, small, problem }) => ({
      method,
      small,
      code: problem?.code ?? null,
    })),
    messages: Uploads.parse(hop?.uploads ?? []).map(({ problem }) => problem?.message ?? null),
    counters: site.fleet.device(unit.name).counters,
  };
}

const withFaults = (unit: SimulatedUnit, ...faults: readonly Fault[]): SimulatedUnit => ({ ...unit, faults });
const BOTH: SimulatedUnit = { ...BOTH_METHODS, faults: [] };

describe('an FTP server that resets the data connection of a fast client', { timeout: LONG }, () => {
  it.each(['ftp-resets-large-writes', 'ftp-resets-and-restarts'] as const)(
    'takes the image in small pieces (%s)',
    async (fault) => {
      const done = await upgrade(withFaults(NMC2, fault));
      expect(done).toMatchObject({ outcome: 'upgraded', problem: null, transfer: 'ftp' });
      expect(done.uploads).toEqual([
        { method: 'ftp', small: false, code: 'link/reset' },
        { method: 'ftp', small: true, code: null },
      ]);
      expect(done.messages[0]).toMatch(/reset the data connection of \S+ after at most \d+ of \d+ bytes/);
      expect(done.messages[0]).toContain('had stored 55000 bytes');
      expect(done.counters.starts).toBe(1);
      const text = await site?.run(['status', done.run, '--details']);
      expect(text?.out.replace(/\s+/g, ' ')).toContain('sent by ftp in small pieces, at upload 2');
    },
  );

  it('is reported as such where the small pieces fail too, and the other method is used', async () => {
    const persona = await loadPersona(BOTH_METHODS.persona);
    const inventory = { ...persona.inventory, transfer: ['ftp' as const, 'scp' as const], plaintext: true };
    const unit = { ...BOTH, persona: { ...persona, inventory } };
    const done = await upgrade(withFaults(unit, 'ftp-hang-up-half-way'));
    expect(done).toMatchObject({ outcome: 'upgraded', problem: null, transfer: 'scp' });
    expect(done.uploads.map(({ method }) => method)).toEqual(['ftp', 'ftp', 'scp']);
    expect(done.uploads[0]?.code).toBe('link/reset');
    expect(done.counters.starts).toBe(1);
  });

  it('is the problem of the unit where there is no other method', async () => {
    const done = await upgrade(withFaults(NMC2, 'ftp-hang-up-half-way'));
    expect(done).toMatchObject({ outcome: 'failed', problem: { code: 'link/reset' } });
    expect(done.problem?.message).toMatch(/reset the data connection/);
    expect(done.problem?.message).not.toMatch(/the card lists/);
    expect(done.counters.starts).toBe(0);
  });
});

describe('an upload that the card stored short', { timeout: LONG }, () => {
  it.each([
    ['scp', 'upload-truncated-once', NMC3],
    ['scp', 'upload-lost-once', NMC3],
    ['ftp', 'upload-truncated-once', NMC2],
    ['ftp', 'upload-lost-once', NMC2],
  ] as const)('by %s, once, is sent again (%s)', async (method, fault, unit) => {
    const done = await upgrade(withFaults(unit, fault));
    expect(done).toMatchObject({ outcome: 'upgraded', problem: null, transfer: method });
    expect(done.uploads).toEqual([
      { method, small: false, code: 'device/upload-mismatch' },
      { method, small: method === 'ftp', code: null },
    ]);
    expect(done.counters.starts).toBe(1);
    const text = await site?.run(['status', done.run, '--details']);
    expect(text?.out.replace(/\s+/g, ' ')).toContain('at upload 2');
  });

  it.each(['upload-truncated', 'upload-empty', 'listing-wrong-size'] as const)(
    'each time, is sent twice by each method and starts nothing (%s)',
    async (fault) => {
      const done = await upgrade(withFaults(BOTH, fault));
      expect(done).toMatchObject({ outcome: 'failed', problem: { code: 'device/upload-mismatch' } });
      expect(done.uploads.map(({ method, small }) => [method, small])).toEqual([
        ['scp', false],
        ['scp', false],
        ['ftp', false],
        ['ftp', true],
      ]);
      expect(done.counters.starts).toBe(0);
      expect(done.problem?.message).toContain('again by scp');
    },
  );

  it('is never sent again where the upload is the start', async () => {
    const unit = withFaults(BOTH, 'card-returns-old');
    const done = await upgrade(unit, ['--component', 'card']);
    expect(done.counters.cardFlashes).toBeLessThanOrEqual(1);
    expect(done.uploads).toEqual([]);
  });
});

describe('a card that asks for a one-time code', { timeout: LONG }, () => {
  it.each([
    ['ssh-asks-code', NMC3],
    ['shell-asks-code', NMC3],
    ['ftp-asks-code', NMC2],
  ] as const)('is named with its remedy before anything is sent (%s)', async (fault, unit) => {
    const done = await upgrade(withFaults(unit, fault));
    expect(done).toMatchObject({ outcome: 'failed', problem: { code: 'device/login-code' } });
    expect(done.problem?.hint).toContain('without an e-mail address');
    expect(done.uploads).toEqual([]);
    expect(done.counters).toMatchObject({ uploads: 0, starts: 0, answers: 0, refusedLogins: 0 });
  });

  it('is asked before the upload by a card that is new enough for it', async () => {
    const persona = await loadPersona(NMC3.persona);
    const newer = { ...persona, card: { ...persona.card, osVersion: 'v3.6.0.1', appVersion: 'v3.6.0.1' } };
    const done = await upgrade({ ...NMC3, persona: newer, faults: ['shell-asks-code'] });
    expect(done).toMatchObject({ outcome: 'failed', problem: { code: 'device/login-code' } });
    expect(done.counters.uploads).toBe(0);
  });
});
