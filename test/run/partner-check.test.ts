import { afterEach, describe, expect, it } from 'vitest';
import { type Look, Problem, type ProblemCode, type Unit } from '../../src/core/index.ts';
import type { Drivers } from '../../src/run/index.ts';
import type { Journal, UnitRecord } from '../../src/state/index.ts';
import { jumpingClock } from '../support/machine/jumping-clock.ts';
import {
  KEY,
  OLD_LOADER,
  only,
  openRouteSite,
  type RouteSite,
  type RunOptions,
} from '../support/sites/route-site.ts';
import { isUploaded, startLines, stepsOf } from '../support/sites/steps.ts';

let site: RouteSite;
afterEach(() => site.close());

const A = { ...OLD_LOADER, feeds: ['rack'] };
const B = { ...A, name: 'b' };
const ONE_HOP = ['SMT18UPS_09-6.enc'];
const PARTNER = 'berlin/b, which carries the same load, ';

/** Changes what the partner `b` answers. */
function partnerAnswers(change: (look: Look, update: 'all' | 'object' | undefined) => Look) {
  return ({ nmc }: Drivers): Partial<Drivers> => ({
    nmc: {
      ...nmc,
      async look(target, context) {
        const look = await nmc.look(target, context);
        return target.name === 'b' ? change(look, context.update) : look;
      },
    },
  });
}

const withCondition =
  (condition: Partial<Unit['condition']>) =>
  (look: Look): Look => ({
    ...look,
    unit: { ...look.unit, condition: { ...look.unit.condition, ...condition } },
  });

/** Runs the update of `a`. */
async function updateA(options: RunOptions = {}, partners: Record<string, string[]> = {}) {
  const journal = await site.begin('r', await site.plan({ a: ONE_HOP }), partners);
  return { unit: only(await site.executeRun(journal, options)), journal };
}

/** Nothing was sent to the unit, and the journal has no step of it. */
function expectUntouched({ events }: Journal, name: string): void {
  const { uploads, starts } = site.fleet.device(name).counters;
  expect({ uploads, starts }).toEqual({ uploads: 0, starts: 0 });
  expect(stepsOf(events, `berlin/${name}`)).toEqual([]);
}

function expectRefused(unit: UnitRecord, code: ProblemCode, message: string): void {
  expect(unit).toMatchObject({ outcome: 'refused', problem: { code, message } });
}

describe('a unit is not updated while its partner', () => {
  it.each([
    ['has no known link to its card', withCondition({ linkUp: null }), 'has no known link to its card.'],
    ['lost the link to its card', withCondition({ linkUp: false }), 'has no known link to its card.'],
    ['may be on battery', withCondition({ onLine: null }), 'is not known to be on mains.'],
    ['has its output off', withCondition({ outputOn: false }), 'is not known to have its output on.'],
    ['hides its output', withCondition({ outputOn: null }), 'is not known to have its output on.'],
    ['is in a self-test', withCondition({ selfTest: true }), 'may be in a self-test.'],
    ['hides its self-test', withCondition({ selfTest: null }), 'may be in a self-test.'],
    ['calibrates', withCondition({ calibrating: true }), 'may be calibrating its battery.'],
    ['hides its alarms', withCondition({ alarms: null }), 'has alarm flags that cannot be read.'],
    ['has alarms', withCondition({ alarms: ['overload', 'bypass'] }), 'has alarms: overload, bypass.'],
    [
      'does not answer',
      (look: Look): Look => ({
        ...look,
        problem: new Problem('link/silent', '127.0.0.1 does not answer.', { hint: 'Check it.' }),
      }),
      'cannot be checked: 127.0.0.1 does not answer.',
    ],
    [
      'reports no serial number',
      (look: Look): Look => ({ ...look, unit: { ...look.unit, serial: null } }),
      'reports no usable serial number.',
    ],
    [
      'does not show what it does',
      (look: Look): Look => ({ ...look, activity: 'unknown', activityNote: 'no login' }),
      'does not show whether an update is in progress or waits (no login).',
    ],
  ])('%s', async (_what, change, message) => {
    site = await openRouteSite([A, B]);
    const { unit, journal } = await updateA({ drive: partnerAnswers(change) });
    expectRefused(unit, 'refused/partner', PARTNER + message);
    expect(unit.problem?.hint).toContain('Fix berlin/b first');
    expectUntouched(journal, 'a');
  });

  it('is no longer in the inventory, but was when the run began', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const { unit, journal } = await updateA({}, { [KEY]: ['berlin/gone'] });
    const message =
      'berlin/gone, which carries the same load, is not in the inventory, so it cannot be checked.';
    expectRefused(unit, 'refused/partner', message);
    expectUntouched(journal, 'a');
  });

  it('answers with the serial number of the unit itself', async () => {
    site = await openRouteSite([A, B]);
    const { serial } = site.fleet.device('a');
    site.fleet.device('b').serial = serial;
    const { unit, journal } = await updateA();
    const message = `berlin/a and its partner berlin/b answer with one serial number (${serial}): they are one unit.`;
    expectRefused(unit, 'refused/identity', message);
    expectUntouched(journal, 'a');
  });

  it.each([
    ['AS0000000001', 'reports AS0000000001'],
    ['FFFFFFFFFFFF', 'reports FFFFFFFFFFFF'],
  ])('has the serial number %s, and the inventory has another', async (serial, reports) => {
    const listed = (text: string): string =>
      text.replace('- name: b\n', '- name: b\n        serial: AS0000000002\n');
    site = await openRouteSite([A, B], undefined, listed);
    site.fleet.device('b').serial = serial;
    const { unit, journal } = await updateA();
    expectRefused(unit, 'refused/partner', `${PARTNER}${reports}, and the inventory has AS0000000002.`);
    expectUntouched(journal, 'a');
  });

  it('may have been started by another run', async () => {
    site = await openRouteSite([A, B]);
    const other = await site.begin('other', await site.plan({ b: ONE_HOP }));
    const line = { unit: 'berlin/b', hop: 0, method: null, problem: null } as const;
    await other.append({ ...line, event: 'step', step: 'start', state: 'committing' });
    const { unit, journal } = await updateA();
    expect(unit).toMatchObject({ outcome: 'refused', problem: { code: 'refused/partner' } });
    const message = /^berlin\/b, which .*is in doubt: Run other started .*the result is not known\.$/;
    expect(unit.problem?.message).toMatch(message);
    expectUntouched(journal, 'a');
  });
});

describe('a check of partners that is repeated right before the start', () => {
  it('accepts a partner whose update object shows nothing, after all of its sources were asked', async () => {
    site = await openRouteSite([A, B]);
    const clock = jumpingClock();
    const asked: (string | undefined)[] = [];
    let uploaded = false;
    const { unit, journal } = await updateA({
      clock,
      drive: partnerAnswers((look, update) => {
        asked.push(update);
        return update === 'object' ? { ...look, activity: 'unknown' } : look;
      }),
      reasonsFor() {
        // The process stops once, after the last check before the start step.
        if (uploaded) clock.stopFor(60_000);
        uploaded = false;
        return [];
      },
      onLine(event) {
        if (isUploaded(event)) uploaded = true;
      },
    });
    expect(asked).toEqual(['all', 'all', 'object']);
    expect(unit).toMatchObject({ outcome: 'upgraded', problem: null });
    expect(startLines(journal.events, KEY)).toEqual(['committing snmp', 'done snmp']);
    expect(site.fleet.device('a').counters.starts).toBe(1);
  });
});

describe('an entry that is the partner of one unit and the same device as another', () => {
  /** `a2` is a second entry of the device `a`, and the partner of `b`. Both run at the same time. */
  async function openTwoEntries(): Promise<Journal> {
    const edit = (text: string): string =>
      text.replace('- name: berlin', '- name: berlin\n    concurrency: 4');
    site = await openRouteSite([OLD_LOADER, B, { ...A, name: 'a2' }], undefined, edit);
    site.fleet.device('a2').serial = site.fleet.device('a').serial;
    return site.begin('r', await site.plan({ a: ONE_HOP, b: ONE_HOP }));
  }

  /** Runs both units: the first one has been checked, and does not end, while the second one is checked. */
  async function runBoth(journal: Journal, first: string, second: string): Promise<readonly UnitRecord[]> {
    let checked = (): void => undefined;
    let ended = (): void => undefined;
    const firstChecked = new Promise<void>((resolve) => (checked = resolve));
    const secondEnded = new Promise<void>((resolve) => (ended = resolve));
    const record = await site.executeRun(journal, {
      drive: ({ nmc }) => ({
        nmc: {
          ...nmc,
          async look(target, context) {
            if (target.name === second) await firstChecked;
            return nmc.look(target, context);
          },
        },
      }),
      async onLine(event) {
        if (event.event === 'end' && event.unit === `berlin/${second}`) ended();
        if (event.event !== 'unit' || event.unit !== `berlin/${first}`) return;
        checked();
        await secondEnded;
      },
    });
    return record.units;
  }

  it('keeps the device from starting while its partner is updated', async () => {
    const journal = await openTwoEntries();
    const [a, b] = await runBoth(journal, 'b', 'a');
    expect(a).toMatchObject({
      outcome: 'refused',
      problem: {
        code: 'refused/partner',
        message:
          'berlin/a carries the same load as berlin/b, or is the same unit, and berlin/b is being updated in this run.',
        hint: expect.stringContaining('Wait until berlin/b has ended'),
      },
    });
    expectUntouched(journal, 'a');
    expect(b).toMatchObject({ outcome: 'upgraded' });
    expect(site.fleet.device('b').counters.starts).toBe(1);
  });

  it('keeps the partner from starting while the device is updated', async () => {
    const journal = await openTwoEntries();
    const [a, b] = await runBoth(journal, 'a', 'b');
    const message = 'berlin/a2, which carries the same load, is being updated in this run as berlin/a.';
    expect(b).toMatchObject({ outcome: 'refused', problem: { code: 'refused/partner', message } });
    expectUntouched(journal, 'b');
    expect(a).toMatchObject({ outcome: 'upgraded' });
    expect(site.fleet.device('a').counters.starts).toBe(1);
  });
});

describe('a partner at a port of this machine', () => {
  it.each(['serialPort: /dev/ttyUSB0', 'usb: any'])(
    'is refused before it is looked at (%s)',
    async (port) => {
      const entry = `      - name: closet\n        ${port}\n        feeds: [rack]\n`;
      site = await openRouteSite([A], undefined, (text) => `${text.trimEnd()}\n${entry}`);
      const { unit, journal } = await updateA({});
      const message =
        'berlin/closet, which carries the same load, is at a serial or USB port, so it cannot be checked during an update.';
      expectRefused(unit, 'refused/partner', message);
      expect(unit.problem?.hint).toContain('Add the card of berlin/closet to the inventory');
      expectUntouched(journal, 'a');
    },
  );
});
