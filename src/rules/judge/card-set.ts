import { type Card, type CardFile, cardPartVersion } from '../../core/index.ts';
import type { Fact } from '../engine/evaluate.ts';
import { cardOrder } from '../facts/card.ts';

/** The files that would bring a card up to date, in the order in which they go. */
export interface CardSet {
  readonly files: readonly CardFile[];
  /** Files of one part and version with different content: which one is right is not for the tool to guess. */
  readonly ambiguous: readonly CardFile[];
  /** What is known of the set as a whole. */
  readonly facts: readonly (readonly [string, Fact])[];
}

/** Chooses from intact files of the card's own platform and application. Pure. */
export function chooseCardSet(card: Card, files: readonly CardFile[]): CardSet {
  return card.generation === 'nmc3' ? wholeFile(card, files) : threeFiles(card, files);
}

function wholeFile(card: Card, files: readonly CardFile[]): CardSet {
  const { chosen, ambiguous } = newest(files.filter(({ part }) => part === 'card'));
  const wanted = chosen.filter((file) => isWanted(file, card.app?.version ?? null));
  return { files: wanted, ambiguous, facts: [] };
}

/**
 * Boot monitor, operating system, application; what the card runs already is left out.
 * Source: docs/sources/card.md#firmware-of-the-card
 */
function threeFiles(card: Card, files: readonly CardFile[]): CardSet {
  const of = (part: CardFile['part']): readonly CardFile[] => files.filter((file) => file.part === part);
  const boot = newest(of('card-boot'));
  const bootFiles = boot.chosen.filter((file) => {
    const order = cardOrder(file.version, card.boot);
    return order === 'newer' || order === null;
  });
  const pair = newestPair(card, of('card-os'), of('card-app'));
  const chosen = [...bootFiles, ...pair.chosen];
  const os = pair.os ?? card.os;
  const app = pair.app ?? card.app?.version ?? null;
  const order = cardOrder(os, app);
  return {
    files: chosen,
    ambiguous: [...boot.ambiguous, ...pair.ambiguous],
    facts: [
      // A new boot monitor alone leaves the other two as they are.
      ['set.isWhole', pair.chosen.length === 0 ? true : order === null ? null : order === 'same'],
      ['set.os', os],
      ['set.app', app],
      ['set.hasBoot', boot.chosen.length > 0],
    ],
  };
}

interface Pair {
  readonly chosen: readonly CardFile[];
  readonly ambiguous: readonly CardFile[];
  readonly os: string | null;
  readonly app: string | null;
}

/**
 * The newest version of which operating system and application are both there, in the folder or on the card. Where there is
 * none that the card does not run yet, the newest of each, for the rules to say what is missing.
 */
function newestPair(card: Card, os: readonly CardFile[], app: readonly CardFile[]): Pair {
  const installedApp = card.app?.version ?? null;
  const has = (files: readonly CardFile[], installed: string | null, version: string): boolean =>
    cardOrder(version, installed) === 'same' || files.some((file) => file.version === version);
  const versions = [...os, ...app].flatMap(({ version }) => (version === null ? [] : [version]));
  const whole = versions.filter((version) => has(os, card.os, version) && has(app, installedApp, version));
  const best = highestOf(whole);
  if (best !== null && (isNewer(best, card.os) || isNewer(best, installedApp))) {
    const osFiles = newest(os.filter((file) => file.version === best && isWanted(file, card.os)));
    const appFiles = newest(app.filter((file) => file.version === best && isWanted(file, installedApp)));
    return {
      chosen: [...osFiles.chosen, ...appFiles.chosen],
      ambiguous: [...osFiles.ambiguous, ...appFiles.ambiguous],
      os: best,
      app: best,
    };
  }
  const osFiles = newest(os.filter((file) => isNewer(file.version, card.os)));
  const appFiles = newest(app.filter((file) => isNewer(file.version, installedApp)));
  return {
    chosen: [...osFiles.chosen, ...appFiles.chosen],
    ambiguous: [...osFiles.ambiguous, ...appFiles.ambiguous],
    os: osFiles.chosen[0]?.version ?? null,
    app: appFiles.chosen[0]?.version ?? null,
  };
}

/** Newer, or not to be compared: the rules then say that it is not known. */
function isNewer(version: string | null, installed: string | null): boolean {
  const order = cardOrder(version, installed);
  return order === 'newer' || order === null;
}

/** Anything but what is installed; an older file of a newer set is for the rules to refuse. */
function isWanted(file: CardFile, installed: string | null): boolean {
  return cardOrder(file.version, installed) !== 'same';
}

function highestOf(versions: readonly string[]): string | null {
  return versions.reduce<string | null>(
    (best, version) => (best === null || cardOrder(version, best) === 'newer' ? version : best),
    null,
  );
}

/** The one file of the highest version; several with different content are none. */
function newest(files: readonly CardFile[]): {
  readonly chosen: readonly CardFile[];
  readonly ambiguous: readonly CardFile[];
} {
  const best = highestOf(files.flatMap(({ version }) => (version === null ? [] : [version])));
  const those = files.filter((file) => file.version === best);
  const contents = [...new Map(those.map((file) => [file.sha256, file])).values()];
  return contents.length > 1 ? { chosen: [], ambiguous: contents } : { chosen: contents, ambiguous: [] };
}

/** What a card runs of the part that a file is for. */
export function installedOf(card: Card, file: CardFile): string | null {
  return file.part === null ? null : cardPartVersion(card, file.part);
}
