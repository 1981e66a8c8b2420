import { describe, expect, it } from 'vitest';
import type { Reason, Verdict } from '../../src/core/index.ts';
import { entriesBySerial, withIdentity } from '../../src/rules/index.ts';
import { unitAt } from '../support/values/units.ts';

const SERIAL = 'AS1234567890';
const RULE: Reason = {
  code: 'SOME_RULE',
  rule: 'some-rule',
  outcome: 'warn',
  because: 'a rule warns',
  remedy: null,
  source: 'test',
};

function verdict(status: Verdict['status'] = 'outdated'): Verdict {
  return { status, target: null, hops: [], transport: 'nmc', wizard: null, reasons: [RULE] };
}

const ALONE = entriesBySerial([{ key: 'berlin/a', serial: SERIAL }]);

describe('entries by serial number', () => {
  it('leave out serial numbers that distinguish no units, and ignore case and spaces', () => {
    const entries = entriesBySerial([
      { key: 'x/a', serial: 'as1234567890 ' },
      { key: 'x/b', serial: SERIAL },
      { key: 'x/c', serial: null },
      { key: 'x/d', serial: 'FFFFFFFFFFFF' },
      { key: 'x/e', serial: 'FFFFFFFFFFFF' },
    ]);
    expect([...entries]).toEqual([[SERIAL, ['x/a', 'x/b']]]);
  });
});

describe('the identity of a unit', () => {
  it('changes nothing where one entry reports the listed serial number', () => {
    const before = verdict();
    for (const listed of [null, SERIAL, 'as1234567890'])
      expect(withIdentity(before, { unit: unitAt('09.4'), listed, entries: ALONE })).toBe(before);
  });

  it('blocks a unit whose serial number two entries report', () => {
    const entries = entriesBySerial([
      { key: 'berlin/a', serial: SERIAL },
      { key: 'oslo/b', serial: SERIAL },
    ]);
    expect(withIdentity(verdict(), { unit: unitAt('09.4'), listed: null, entries })).toEqual({
      ...verdict('blocked'),
      reasons: [
        {
          code: 'DUPLICATE_SERIAL',
          rule: 'identity',
          outcome: 'block',
          because: `serial number ${SERIAL} answers at berlin/a and oslo/b`,
          remedy: 'Find out which inventory entry is right, and remove the other.',
          source: 'inventory and look',
        },
        RULE,
      ],
    });
  });

  it.each([
    [SERIAL, SERIAL],
    [null, 'no serial number'],
    ['FFFFFFFFFFFF', 'FFFFFFFFFFFF'],
  ])('blocks a unit that reports %s instead of the listed serial number', (serial, reported) => {
    const unit = unitAt('09.4', { serial });
    expect(withIdentity(verdict(), { unit, listed: 'AS0000000001', entries: ALONE })).toEqual({
      ...verdict('blocked'),
      reasons: [
        {
          code: 'OTHER_SERIAL',
          rule: 'identity',
          outcome: 'block',
          because: `the inventory has AS0000000001, the unit reports ${reported}`,
          remedy:
            'Check the address, or correct the serial number in the inventory if the unit was replaced.',
          source: 'inventory and look',
        },
        RULE,
      ],
    });
  });

  it('has both reasons where both are true', () => {
    const entries = entriesBySerial(['x/a', 'x/b', 'x/c'].map((key) => ({ key, serial: SERIAL })));
    const result = withIdentity(verdict(), { unit: unitAt('09.4'), listed: 'AS0000000001', entries });
    expect(result.reasons.map(({ code }) => code)).toEqual(['DUPLICATE_SERIAL', 'OTHER_SERIAL', 'SOME_RULE']);
    expect(result.reasons[0]?.because).toContain('answers at x/a, x/b and x/c');
  });

  it('is not doubted for a unit that did not answer', () => {
    const unit = unitAt('09.4', { serial: null, reachable: false });
    const before = verdict('unreachable');
    expect(withIdentity(before, { unit, listed: SERIAL, entries: ALONE })).toBe(before);
  });

  it.each(['current', 'unknown'] as const)('leaves the status "%s", and adds its reason', (status) => {
    const result = withIdentity(verdict(status), {
      unit: unitAt('15.0'),
      listed: 'AS0000000001',
      entries: ALONE,
    });
    expect(result).toMatchObject({ status, reasons: [{ code: 'OTHER_SERIAL' }, RULE] });
  });
});
