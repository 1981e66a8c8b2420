import { describe, expect, it } from 'vitest';
import { badAdvice } from '../support/sites/invariants.ts';
import { areaOf, EVERY_FAULT, unusedWords } from '../support/values/faults.ts';

describe('the faults of the simulator', () => {
  it('all have an area, so that a new fault reaches every driver it can affect', () => {
    expect(EVERY_FAULT.filter((fault) => areaOf(fault) === undefined)).toEqual([]);
    expect(unusedWords()).toEqual([]);
  });
});

describe('advice', () => {
  it('finds advice to cut the power of a unit, but not the warning against it', () => {
    expect(badAdvice('Go and look. Power the unit off for a minute. Then try again.')).toEqual([
      'Power the unit off for a minute',
    ]);
    expect(badAdvice('Power off the UPS, or power-cycle it.')).toHaveLength(1);
    expect(badAdvice('Never power it off while it may be programming. Power the load down.')).toEqual([]);
  });
});
