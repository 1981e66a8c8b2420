import type { Timeouts } from '../timeouts.ts';

/** What an update through a card needs to know, as far as it is known. */
export interface GenerationFacts {
  /** Folder that update images go to. Inferred from the folder's name and the manual's file path, not documented. */
  readonly folder: string;
  /** Spellings of an image's path for `upsfwupdate -file`; which one a card takes is not documented, so it is asked. */
  readonly installPaths: readonly ((name: string) => string)[];
}

/** Where a card keeps its own files: candidates to be probed in this order. */
export interface FilePlaces {
  readonly settings: readonly string[];
  readonly eventLog: readonly string[];
}

export interface Quirks {
  /**
   * Operating systems that hold the end of their output back until the next byte comes: `upTo` this version, or `below` it.
   * Null where nothing is known of such a fault.
   */
  readonly echoStalls: { readonly upTo: string } | { readonly below: string } | null;
}

/** All that is particular to one generation of cards. Data only; what is done with it stands elsewhere. */
export interface Generation {
  /** In words, for messages. */
  readonly title: string;
  /** Null where no update goes through such a card; `refusal` says why. */
  readonly update: GenerationFacts | null;
  readonly refusal: { readonly message: string; readonly hint: string } | null;
  readonly places: FilePlaces;
  readonly quirks: Quirks;
  /** Waits that are known to be other than those of all cards. */
  readonly timeouts: Readonly<Partial<Timeouts>>;
}

/** `/upsfw/` was seen on second-generation cards from AOS 5.1.6 on, and is in the vendor's paths of both generations. */
export const UPSFW: GenerationFacts = {
  folder: '/upsfw/',
  installPaths: [(name) => `/upsfw/${name}`, (name) => `upsfw/${name}`],
};

/**
 * Where files were named, not where they were seen: clients fetch `config.ini` from the root, `event.txt` is named without its
 * folder, and a folder `logs/` stands in listings. The exact paths are not confirmed, so each is tried.
 */
export const COMMON_PLACES: FilePlaces = {
  settings: ['config.ini', '/config.ini'],
  eventLog: ['event.txt', '/event.txt', '/logs/event.txt'],
};
