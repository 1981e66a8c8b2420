import { describe, expect, it } from 'vitest';
import { type CardHop, HOP_STEPS, type Hop, type Verdict } from '../../src/core/index.ts';
import { plannedHops } from '../../src/run/index.ts';
import { routedUnit, unitAt } from '../support/values/units.ts';

const IMAGE = { file: 'x', sha256: 'a'.repeat(64), sizeBytes: 1280 };

function cardHop(component: CardHop['component'], from: string, platform = 'hw05'): CardHop {
  const ends = { from: { version: from, platform }, to: { version: '7.0.8', platform } };
  return { component, ...ends, image: IMAGE, transport: 'nmc', steps: HOP_STEPS.card };
}

function verdictWith(hops: readonly Hop[], status: Verdict['status'] = 'outdated'): Verdict {
  return { status, target: null, hops, transport: 'nmc', wizard: null, reasons: [] };
}

const UPS = routedUnit('berlin/a').hops;
const CARD = [cardHop('card-os', 'v6.9.6'), cardHop('card-app', 'v6.9.6')];

describe('the hops of a verdict', () => {
  it.each([
    ['of the UPS', UPS],
    ['of its card', CARD],
    ['of both', [...UPS, ...CARD]],
  ])('%s are planned where each begins with what the unit then runs', (_what, hops) => {
    expect(plannedHops(unitAt('09.3'), verdictWith(hops))).toEqual(hops);
    expect(plannedHops(unitAt('09.3'), verdictWith(hops, 'blocked'))).toEqual(hops);
    expect(plannedHops(unitAt('09.3'), verdictWith(hops, 'current'))).toEqual([]);
  });

  it.each([
    ['do not begin with the firmware of the UPS', UPS.slice(1)],
    ['are in another order', UPS.toReversed()],
    ['are for another platform of the card', [cardHop('card-os', 'v6.9.6', 'hw06')]],
    ['do not begin with the firmware of the card', [cardHop('card-os', 'v6.8.0')]],
    ['repeat a file of the card', [...CARD, cardHop('card-os', 'v6.9.6')]],
  ])('are not planned where they %s', (_what, hops) => {
    expect(plannedHops(unitAt('09.3'), verdictWith(hops))).toEqual([]);
  });

  it('of a card are not planned where the unit reports none', () => {
    expect(plannedHops(unitAt('09.3', { card: null }), verdictWith(CARD))).toEqual([]);
  });
});
