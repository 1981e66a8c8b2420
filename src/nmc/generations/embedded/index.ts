/**
 * The small third-generation card that is built into some units (model `0N-...`, such as the 0N-1557 of
 * SRTL). No recording of one is public, so no difference from a card in a slot is known.
 */
import type { Generation } from '../data.ts';
import { NMC3 } from '../nmc3/index.ts';

export const EMBEDDED: Generation = { ...NMC3, title: 'a built-in third-generation card' };
