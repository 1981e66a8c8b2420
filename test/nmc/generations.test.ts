import { describe, expect, it } from 'vitest';
import type { Card } from '../../src/core/index.ts';
import { echoMayStall, factsOf, pathsOf, refusalOf, timeoutsFor } from '../../src/nmc/index.ts';
import { TIMEOUTS } from '../../src/nmc/timeouts.ts';

function card(generation: Card['generation'], os: string | null = null, model = 'AP9631'): Card {
  return { model, serial: null, generation, platform: null, boot: null, os, app: null };
}

const UPDATABLE = [card('nmc2'), card('nmc3'), card('nmc3', null, '0N-1557')];
const NOT_UPDATABLE = [null, card(null), card('nmc1'), card(null, null, '0N-1557')];

describe('the generation of a card', () => {
  it('has a folder for images, or the reason why it has none', () => {
    for (const one of UPDATABLE) {
      expect(factsOf(one)?.folder).toBe('/upsfw/');
      expect(refusalOf(one)).toBeNull();
    }
    for (const one of NOT_UPDATABLE) {
      expect(factsOf(one)).toBeNull();
      expect(refusalOf(one)).toMatchObject({ code: 'refused/no-path' });
    }
    expect(refusalOf(null)?.message).toMatch(/no card/);
    expect(refusalOf(card(null))?.message).toMatch(/unknown generation/);
    expect(refusalOf(card('nmc1'))?.message).toMatch(/first-generation/);
  });

  it('has paths of files, also if it is not known', () => {
    for (const one of [...UPDATABLE, ...NOT_UPDATABLE]) {
      const places = pathsOf(one);
      expect(places.upload).toBe('/upsfw/');
      expect(places.settings).toEqual(['config.ini', '/config.ini']);
      expect(places.eventLog).toEqual(['event.txt', '/event.txt', '/logs/event.txt']);
    }
  });

  it.each([
    ['nmc2', 'v6.8.2', true],
    ['nmc2', 'v6.8.2.b', true],
    ['nmc2', 'v6.9.6', false],
    ['nmc2', 'v6.10', false],
    ['nmc2', null, true],
    ['nmc3', 'v1.4.0.23', true],
    ['nmc3', 'v1.4.2.1', false],
    ['nmc1', 'v3.7.3', true],
    [null, 'v9', true],
  ] as const)('%s with %s may hold its output back: %s', (generation, os, expected) => {
    expect(echoMayStall(card(generation, os))).toBe(expected);
  });

  it('gives an old card minutes for its key exchange, and leaves other timeouts unchanged', () => {
    const quick = { ...TIMEOUTS, command: 1 };
    expect(timeoutsFor(card('nmc2'), quick)).toEqual({ ...quick, handshake: 240 });
    expect(timeoutsFor(card('nmc3'), quick)).toEqual(quick);
    expect(timeoutsFor(null)).toEqual(TIMEOUTS);
  });
});
