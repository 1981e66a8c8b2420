import type { Card } from '../core/index.ts';

/** What differs between generations of cards, as far as it is known. */
export interface GenerationFacts {
  /** Folder that update images go to. Inferred from the folder's name and the manual's file path, not documented. */
  readonly folder: string;
  /** Spellings of an image's path for `upsfwupdate -file`; which one a card takes is not documented, so it is asked. */
  readonly installPaths: readonly ((name: string) => string)[];
}

const SECOND_AND_THIRD: GenerationFacts = {
  folder: '/upsfw/',
  installPaths: [(name) => `/upsfw/${name}`, (name) => `upsfw/${name}`],
};

/** Generations that an update can go through. A first-generation card knows no UPS update. */
const GENERATIONS: Readonly<Partial<Record<NonNullable<Card['generation']>, GenerationFacts>>> = {
  nmc2: SECOND_AND_THIRD,
  nmc3: SECOND_AND_THIRD,
};

export function factsOf(card: Card | null): GenerationFacts | null {
  const generation = card?.generation ?? null;
  return generation === null ? null : (GENERATIONS[generation] ?? null);
}

/** The name goes into a remote command line, so nothing else may stand in it. */
export const SAFE_NAME = /^[A-Za-z0-9._-]{1,100}$/;
