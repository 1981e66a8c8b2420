import { type Card, type CardFile, cardPartVersion } from '../../core/index.ts';
import type { Fact } from '../engine/evaluate.ts';
import { cardOrder } from '../facts/card.ts';

/** The files that update a card, in the order in which they are sent. */
export interface CardSet {
  readonly files: readonly CardFile[];
  /** Files of one part and version with different content. The tool does not guess the right one. */
  readonly ambiguous: readonly CardFile[];
  /** Facts about the complete set. */
  readonly facts: readonly (readonly [string, Fact])[];
}

/** Chooses from intact files for the platform and application of the card. Pure. */
export function chooseCardSet(card: Card, files: readonly CardFile[]): CardSet {
  return card.generation === 'nmc3' ? singleFile(card, files) : threeFiles(card, files);
}

function singleFile(card: Card, files: readonly CardFile[]): CardSet {
  const { chosen, ambiguous } = newest(files.filter(({ part }) => part === 'card'));
  const wanted = chosen.filter((file) => isDifferent(file, card.app?.version ?? null));
  return { files: wanted, ambiguous, facts: [] };
}

/**
 * Boot monitor, operating system, application, without those that the card already runs.
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
      // A new boot monitor alone does not change the other two.
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
 * The newest version with both operating system and application, in the folder or on the card. If the card
 * already runs it, the newest file of each part, so that the rules can report what is missing.
 */
function newestPair(card: Card, os: readonly CardFile[], app: readonly CardFile[]): Pair {
  const installedApp = card.app?.version ?? null;
  const has = (files: readonly CardFile[], installed: string | null, version: string): boolean =>
    cardOrder(version, installed) === 'same' || files.some((file) => file.version === version);
  const versions = [...os, ...app].flatMap(({ version }) => (version === null ? [] : [version]));
  const whole = versions.filter((version) => has(os, card.os, version) && has(app, installedApp, version));
  const best = highestOf(whole);
  if (best !== null && (isNewer(best, card.os) || isNewer(best, installedApp))) {
    const osFiles = newest(os.filter((file) => file.version === best && isDifferent(file, card.os)));
    const appFiles = newest(app.filter((file) => file.version === best && isDifferent(file, installedApp)));
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

/** Newer, or not comparable: the rules then report that the order is not known. */
function isNewer(version: string | null, installed: string | null): boolean {
  const order = cardOrder(version, installed);
  return order === 'newer' || order === null;
}

/** Not the installed version. The rules refuse an older file of a newer set. */
function isDifferent(file: CardFile, installed: string | null): boolean {
  return cardOrder(file.version, installed) !== 'same';
}

function highestOf(versions: readonly string[]): string | null {
  return versions.reduce<string | null>(
    (best, version) => (best === null || cardOrder(version, best) === 'newer' ? version : best),
    null,
  );
}

/** The file of the highest version; none if several have different content. */
function newest(files: readonly CardFile[]): {
  readonly chosen: readonly CardFile[];
  readonly ambiguous: readonly CardFile[];
} {
  const best = highestOf(files.flatMap(({ version }) => (version === null ? [] : [version])));
  const candidates = files.filter((file) => file.version === best);
  const contents = [...new Map(candidates.map((file) => [file.sha256, file])).values()];
  return contents.length > 1 ? { chosen: [], ambiguous: contents } : { chosen: contents, ambiguous: [] };
}

/** The installed version of the part that a file is for. */
export function installedOf(card: Card, file: CardFile): string | null {
  return file.part === null ? null : cardPartVersion(card, file.part);
}
