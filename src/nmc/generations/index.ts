import { type Card, Problem } from '../../core/index.ts';
import { TIMEOUTS, type Timeouts } from '../timeouts.ts';
import { COMMON_PLACES, type Generation, type GenerationFacts, UPSFW } from './data.ts';
import { EMBEDDED } from './embedded/index.ts';
import { NMC1 } from './nmc1/index.ts';
import { NMC2 } from './nmc2/index.ts';
import { NMC3 } from './nmc3/index.ts';

export type { GenerationFacts } from './data.ts';

/** Every generation that is told apart. */
const GENERATIONS = { nmc1: NMC1, nmc2: NMC2, nmc3: NMC3, embedded: EMBEDDED } as const;

/** A built-in card says its platform as any other does; without that its model number is not enough to send it anything. */
function generationOf(card: Card | null): Generation | null {
  const generation = card?.generation ?? null;
  if (generation === null) return null;
  return generation === 'nmc3' && card?.model?.startsWith('0N-')
    ? GENERATIONS.embedded
    : GENERATIONS[generation];
}

/** What an update through the card needs; null where none is known, and then `refusalOf` says why. */
export function factsOf(card: Card | null): GenerationFacts | null {
  return generationOf(card)?.update ?? null;
}

/** Why no update goes through the card; null where one does. */
export function refusalOf(card: Card | null): Problem | null {
  const generation = generationOf(card);
  if (generation !== null && generation.refusal === null) return null;
  const { message, hint } = generation?.refusal ?? {
    message: `The unit has ${card === null ? 'no card' : 'a card of an unknown generation'}; updates are known for NMC2 and NMC3.`,
    hint: 'Use the local way, or replace the card.',
  };
  return new Problem('refused/no-path', message, { hint });
}

/** Where files of a card lie: where images go, and where its settings and its event log may be, to be probed in order. */
export interface Places {
  readonly upload: string;
  readonly settings: readonly string[];
  readonly eventLog: readonly string[];
}

/** For a card of an unknown generation the places that all others have. None of those for reading is confirmed. */
export function placesOf(card: Card | null): Places {
  const generation = generationOf(card);
  return { upload: (generation?.update ?? UPSFW).folder, ...(generation?.places ?? COMMON_PLACES) };
}

/** The waits for a card: those of all cards, with what is known to differ for its generation. */
export function timeoutsFor(card: Card | null, base: Timeouts = TIMEOUTS): Timeouts {
  return { ...base, ...generationOf(card)?.timeouts };
}

/** Whether the card may hold the end of its output back until the next byte comes. Unknown is yes: a return does no harm. */
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

/** `v6.9.6` or `v6.6.9.b` as its numbers; null where it begins with none. */
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

/** The name goes into a remote command line, so nothing else may stand in it. */
export const SAFE_NAME = /^[A-Za-z0-9._-]{1,100}$/;
