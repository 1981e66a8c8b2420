import { type Card, Problem } from '../../core/index.ts';
import { TIMEOUTS, type Timeouts } from '../timeouts.ts';
import { COMMON_PATHS, type Generation, type GenerationFacts, UPSFW } from './data.ts';
import { EMBEDDED } from './embedded/index.ts';
import { NMC1 } from './nmc1/index.ts';
import { NMC2 } from './nmc2/index.ts';
import { NMC3 } from './nmc3/index.ts';

export type { GenerationFacts } from './data.ts';

/** All known generations. */
const GENERATIONS = { nmc1: NMC1, nmc2: NMC2, nmc3: NMC3, embedded: EMBEDDED } as const;

/**
 * A built-in card reports its platform as any other does. Its model number alone is not enough to send it
 * anything.
 */
function generationOf(card: Card | null): Generation | null {
  const generation = card?.generation ?? null;
  if (generation === null) return null;
  return generation === 'nmc3' && card?.model?.startsWith('0N-')
    ? GENERATIONS.embedded
    : GENERATIONS[generation];
}

/** What an update through the card needs; null if it is not known, and then `refusalOf` says why. */
export function factsOf(card: Card | null): GenerationFacts | null {
  return generationOf(card)?.update ?? null;
}

/** Why no update goes through the card; null if one does. */
export function refusalOf(card: Card | null): Problem | null {
  const generation = generationOf(card);
  if (generation !== null && generation.refusal === null) return null;
  const { message, hint } = generation?.refusal ?? {
    message: `The unit has ${card === null ? 'no card' : 'a card of an unknown generation'}; updates are known for NMC2 and NMC3.`,
    hint: 'Update the unit at its own port, or replace the card.',
  };
  return new Problem('refused/no-path', message, { hint });
}

/** Paths on a card: the folder for images, and candidates for its settings and event log, in order. */
export interface CardPaths {
  readonly upload: string;
  readonly settings: readonly string[];
  readonly eventLog: readonly string[];
}

/** A card of an unknown generation gets the common paths. None of the paths for reading is confirmed. */
export function pathsOf(card: Card | null): CardPaths {
  const generation = generationOf(card);
  return { upload: (generation?.update ?? UPSFW).folder, ...(generation?.paths ?? COMMON_PATHS) };
}

/** The timeouts for a card: the common ones with the known differences of its generation. */
export function timeoutsFor(card: Card | null, base: Timeouts = TIMEOUTS): Timeouts {
  return { ...base, ...generationOf(card)?.timeouts };
}

/**
 * Whether the card may hold the end of its output back until the next byte arrives. Unknown counts as yes.
 */
export function echoMayStall(card: Card | null): boolean {
  const generation = generationOf(card);
  if (generation === null) return true;
  const { echoStalls } = generation.quirks;
  const version = numbersOf(card?.os ?? null);
  if (echoStalls === null || version === null) return true;
  return 'upTo' in echoStalls
    ? compare(version, numbersOf(echoStalls.upTo) ?? []) <= 0
    : compare(version, numbersOf(echoStalls.below) ?? []) < 0;
}

/** Whether the card may ask for a one-time code at login. An unknown version counts as yes. */
export function mayAskForCode(card: Card | null): boolean {
  const from = generationOf(card)?.quirks.asksCodeFrom ?? null;
  if (from === null) return false;
  const version = numbersOf(card?.os ?? null);
  return version === null || compare(version, numbersOf(from) ?? []) >= 0;
}

/** `v6.9.6` or `v6.6.9.b` as its numbers; null if it begins with none. */
function numbersOf(version: string | null): readonly number[] | null {
  const found = /^v?(\d{1,6}(?:\.\d{1,6}){0,5})/i.exec(version ?? '')?.[1];
  return found === undefined ? null : found.split('.').map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let place = 0; place < Math.max(a.length, b.length); place += 1) {
    const difference = (a[place] ?? 0) - (b[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The name becomes part of a remote command line, so it may hold nothing else. */
export const SAFE_NAME = /^[A-Za-z0-9._-]{1,100}$/;
