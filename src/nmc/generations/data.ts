import type { Timeouts } from '../timeouts.ts';

/** What is known about updates through a card. */
export interface GenerationFacts {
  /** Folder for update images. Inferred from the folder's name and the manual's file path, not documented. */
  readonly folder: string;
  /**
   * Forms of an image's path for `upsfwupdate -file`. Which one a card accepts is not documented, so each is
   * tried.
   */
  readonly installPaths: readonly ((name: string) => string)[];
}

/** Candidate paths of a card's own files, tried in this order. */
export interface FilePaths {
  readonly settings: readonly string[];
  readonly eventLog: readonly string[];
}

export interface Quirks {
  /**
   * Operating systems that hold the end of their output back until the next byte arrives: `upTo` or `below` a
   * version. Null if no such fault is known.
   */
  readonly echoStalls: { readonly upTo: string } | { readonly below: string } | null;
  /**
   * The first operating system that can ask for a one-time code at login; null if none is known to.
   * Source: docs/sources/card.md#login-with-a-one-time-code
   */
  readonly asksCodeFrom: string | null;
}

/** Everything that is specific to one generation of cards, as data. */
export interface Generation {
  /** For messages. */
  readonly title: string;
  /** Null if no update goes through such a card; `refusal` says why. */
  readonly update: GenerationFacts | null;
  readonly refusal: { readonly message: string; readonly hint: string } | null;
  readonly paths: FilePaths;
  readonly quirks: Quirks;
  /** Timeouts that are known to differ from the common ones. */
  readonly timeouts: Readonly<Partial<Timeouts>>;
}

/**
 * `/upsfw/` was seen on second-generation cards from AOS 5.1.6 on, and is in the vendor's paths of both
 * generations.
 */
export const UPSFW: GenerationFacts = {
  folder: '/upsfw/',
  installPaths: [(name) => `/upsfw/${name}`, (name) => `upsfw/${name}`],
};

/**
 * From documents, not seen on a card: clients download `config.ini` from the root, `event.txt` is named
 * without a folder, and listings show a folder `logs/`. The exact paths are not confirmed, so each is tried.
 */
export const COMMON_PATHS: FilePaths = {
  settings: ['config.ini', '/config.ini'],
  eventLog: ['event.txt', '/event.txt', '/logs/event.txt'],
};
