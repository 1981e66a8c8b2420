import { describe, expect, it } from 'vitest';
import { areaOf, EVERY_FAULT, wordsWithoutFault } from './faults.ts';
import { badAdvice } from './invariants.ts';

describe('the faults of the simulator', () => {
  it('all have an area, so that a new one reaches every path that it can touch', () => {
    expect(EVERY_FAULT.filter((fault) => areaOf(fault) === undefined)).toEqual([]);
    expect(wordsWithoutFault()).toEqual([]);
  });
});

describe('advice', () => {
  it('to take the power from a unit is found, and the warning against it is not', () => {
    expect(badAdvice('Go and look. Power the unit off for a minute. Then try again.')).toEqual([
      'Power the unit off for a minute',
    ]);
    expect(badAdvice('Power off the UPS, or power-cycle it.')).toHaveLength(1);
    expect(badAdvice('Never power it off while it may be programming. Power the load down.')).toEqual([]);
  });
});
