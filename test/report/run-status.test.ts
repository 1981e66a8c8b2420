import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countOutcomes, runNow } from '../../src/cli/documents/run.ts';
import { type Look, Problem } from '../../src/core/index.ts';
import {
  type RunDocument,
  type RunNow,
  type RunOutcome,
  type RunUnit,
  renderStatus,
} from '../../src/report/index.ts';
import { unitAt } from '../support/values/units.ts';

const NEXT = 'upsfw resume 20260314T023000000Z-abcdef';

const before = { raw: 'UPS 09.4 (ID18)', version: '09.4', microLinkId: 18 } as const;
const after = { raw: 'UPS 15.0 (ID18)', version: '15.0', microLinkId: 18 } as const;

function unitOf(index: number, outcome: RunOutcome, now: RunNow | null = null): RunUnit {
  const name = `rack-${String(index).padStart(2, '0')}`;
  const problem = {
    code: outcome === 'refused' ? 'refused/window' : 'device/update-failed',
    message: `${outcome === 'refused' ? 'The window is closed' : `The card of ${name} answered E100 and went on with its old firmware`}: Sat 02:00-05:00 Europe/Berlin, and it is Friday 23:14 there now.`,
    hint: 'Run upsfw resume inside the window, or change it in the inventory and make a new plan.',
  } as const;
  const isDone = outcome === 'upgraded' || outcome === 'current' || outcome === 'pending';
  return {
    site: 'berlin',
    name,
    host: '127.0.0.1',
    serial: 'AS1234567890',
    simulated: false,
    before,
    after: outcome === 'upgraded' ? after : outcome === 'current' ? before : null,
    outcome,
    hops: [
      {
        image: 'SMT18UPS_15-0.enc',
        transport: 'nmc',
        backup: null,
        transfer: null,
        uploads: [],
        start: null,
        startRefused: false,
        step: outcome === 'pending' && index % 2 === 0 ? 'transfer' : null,
        state: outcome === 'pending' && index % 2 === 0 ? 'begun' : null,
        seconds: null,
      },
    ],
    output: null,
    now,
    advisories: [],
    problem: isDone ? null : problem,
    reasons: [],
  };
}

function documentOf(units: readonly RunUnit[]): RunDocument {
  return {
    ended: null,
    schema: 'upsfw/run@1',
    generatedAt: '2026-03-14T02:30:00Z',
    run: '20260314T023000000Z-abcdef',
    state: 'running',
    paused: null,
    problem: null,
    units,
    counts: countOutcomes(units),
    exitCode: 5,
  };
}

/** Forty units in no order, of which a few need a person. */
const MANY = documentOf(
  [
    ...Array.from({ length: 19 }, () => 'refused' as const),
    ...Array.from({ length: 8 }, () => 'upgraded' as const),
    ...(['unknown', 'failed', 'pending', 'current', 'stopped', 'pending', 'unknown', 'failed'] as const),
    ...Array.from({ length: 5 }, () => 'current' as const),
  ].map((outcome, index) => unitOf(index, outcome)),
);

function linesOf(document: RunDocument, details = false, width = 80): readonly string[] {
  const text = renderStatus(
    document,
    { format: 'text', color: false, width },
    { details, next: NEXT, first: 'Look at the units that are unknown.' },
  );
  return text.trimEnd().split('\n');
}

describe('the status of many units', () => {
  it('fits a terminal of 80 columns, wrapped between words, on one screen', () => {
    const lines = linesOf(MANY);
    expect(MANY.units).toHaveLength(40);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80);
    expect(lines.length).toBeLessThan(55);
    const flat = lines.map((line) => line.trim()).join(' ');
    expect(flat).toContain('Run upsfw resume inside the window, or change it in the inventory');
  });

  it('shows problems first, then counts, units in progress or done, and the next command', () => {
    const lines = linesOf(MANY);
    const at = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));
    const order = [
      at(/^ {2}unknown /),
      at(/^ {2}failed /),
      at(/^ {2}stopped /),
      at(/^ {2}refused /),
      at(/^40 units: /),
      at(/^ {2}in progress /),
      at(/^not started: /),
      at(/^upgraded: /),
      at(/^current: /),
      at(/^Next: /),
    ];
    expect(order).not.toContain(-1);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    // On one line, so that it can be copied.
    expect(lines.at(-1)).toBe(`Next: ${NEXT}`);
    // A person has to visit each of these units, so each has its own lines and the warning.
    expect(lines.filter((line) => /^ {2}unknown /.test(line))).toHaveLength(2);
    expect(lines.join(' ').match(/Inspect it on site/g)).toHaveLength(2);
  });

  it('names every unit, also in groups', () => {
    const text = linesOf(MANY).join(' ');
    for (const { name } of MANY.units) expect(text).toContain(`berlin/${name}`);
  });

  it('shows each unit with its hops, with details', () => {
    const lines = linesOf(MANY, true);
    const done = lines.filter((line) => /^ {2}(?:upgraded|current) +berlin\/rack-\d\d {2}/.test(line));
    expect(done).toHaveLength(14);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80);
  });

  it('loses no word and stays within the width', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 200 }),
        fc.array(fc.constantFrom('unknown', 'failed', 'refused', 'upgraded', 'pending'), { maxLength: 12 }),
        (width, outcomes) => {
          const document = documentOf(outcomes.map((outcome, index) => unitOf(index, outcome as RunOutcome)));
          const lines = linesOf(document, false, width);
          for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
          const text = lines.join(' ');
          for (const { site, name } of document.units) expect(text).toContain(`${site}/${name}`);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the present state of a device', () => {
  const planned = unitAt('09.4');
  const look = (unit: Look['unit'], more: Partial<Look> = {}): Look => ({
    unit,
    kind: 'smart-ups',
    description: null,
    problem: null,
    ...more,
  });
  const shown = (outcome: RunOutcome, seen: Look): string =>
    linesOf(documentOf([unitOf(1, outcome, runNow(seen, planned))])).join('\n');

  it('is shown beside the journal, with the firmware', () => {
    const text = shown('failed', look(unitAt('09.4'), { activity: 'idle' }));
    expect(text).toContain('failed');
    expect(text).toContain('now: UPS 09.4 (ID18), idle');
  });

  it('is idle only if the unit was queried about an update and answered so', () => {
    for (const activity of ['updating', 'waiting', 'unknown', undefined] as const) {
      const text = shown('unknown', look(unitAt('09.4'), activity === undefined ? {} : { activity }));
      expect(text).not.toContain('idle');
    }
    expect(shown('unknown', look(unitAt('09.4')))).toContain('now: UPS 09.4 (ID18), update state not known');
    expect(shown('unknown', look(unitAt('09.4'), { activity: 'updating' }))).toContain('updating');
  });

  it('distinguishes another unit, a unit without a serial number, and a silent unit', () => {
    expect(shown('unknown', look(unitAt('15.0', { serial: 'AS9999999999' })))).toContain(
      'another unit answers (serial number AS9999999999)',
    );
    expect(shown('unknown', look(unitAt('15.0', { serial: null })))).toContain('its identity is not known');
    const problem = new Problem('link/silent', 'No answer within 5 s.', { hint: 'Go there.' });
    const silent = shown('unknown', look(unitAt('15.0', { reachable: false }), { problem }));
    expect(silent).toContain('now: silent: No answer within 5 s. [link/silent]');
    // The device fell silent during the look, so its state is not known.
    expect(shown('unknown', look(unitAt('15.0'), { problem }))).toContain('now: silent');
  });

  it('marks a difference from the journal', () => {
    const moved = shown('upgraded', look(unitAt('09.4'), { activity: 'idle' }));
    expect(moved).toContain('now: UPS 09.4 (ID18), idle (differs from the journal)');
    expect(shown('upgraded', look(unitAt('15.0'), { activity: 'idle' }))).not.toContain(
      'not what the journal',
    );
  });
});
