import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Window } from '../../src/core/index.ts';
import { describeWindow, isOpen } from '../../src/run/index.ts';

const night: Window = { days: ['sat', 'sun'], from: '02:00', to: '05:00', timezone: 'Europe/Berlin' };
const overMidnight: Window = { days: ['fri'], from: '22:00', to: '04:00', timezone: 'UTC' };

describe('window', () => {
  it.each([
    ['2026-11-21T00:59:59Z', false],
    ['2026-11-21T01:00:00Z', true],
    ['2026-11-21T03:59:59Z', true],
    ['2026-11-21T04:00:00Z', false],
    ['2026-11-20T01:30:00Z', false],
    ['2026-07-18T00:00:00Z', true],
    ['2026-07-18T03:00:00Z', false],
  ])('in Berlin at %s is open: %s', (at, open) => {
    expect(isOpen(night, new Date(at))).toBe(open);
  });

  it.each([
    ['2026-11-20T21:59:00Z', false],
    ['2026-11-20T22:00:00Z', true],
    ['2026-11-21T03:59:00Z', true],
    ['2026-11-21T04:00:00Z', false],
    ['2026-11-21T22:30:00Z', false],
    ['2026-11-20T03:00:00Z', false],
  ])('past midnight belongs to the day on which it begins: %s open %s', (at, open) => {
    expect(isOpen(overMidnight, new Date(at))).toBe(open);
  });

  it('on all days from 00:00 to 23:59 is closed for only one minute a day', () => {
    const all: Window = {
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      from: '00:00',
      to: '23:59',
      timezone: 'America/St_Johns',
    };
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
        (at) => {
          const closed = describeWindow(all, at).endsWith('23:59');
          expect(isOpen(all, at)).toBe(!closed);
        },
      ),
    );
  });
});
