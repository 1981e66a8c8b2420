import { type Card, type CardFile, cardPartVersion } from '../../core/index.ts';
import type { Fact } from '../engine/evaluate.ts';
import { cardOrder, majorOf } from '../facts/card.ts';

/** The files that update a card, in the order in which they are sent. */
export interface CardSet {
  readonly files: readonly CardFile[];
  /** Files of one part and version with different content. The tool does not guess the right one. */
  readonly ambiguous: readonly CardFile[];
  /** True if the folder has a newer set that is more than one major version above the card, for later. */
  readonly goesOn: boolean;
  /** Facts about the complete set. */
  readonly facts: readonly (readonly [string, Fact])[];
}

/** Chooses from intact files for the platform and application of the card. Pure. */
export function chooseCardSet(card: Card, files: readonly CardFile[]): CardSet {
  return card.generation === 'nmc3' ? singleFile(card, files) : threeFiles(card, files);
}

function singleFile(card: Card, files: readonly CardFile[]): CardSet {
  const installed = card.app?.version ?? null;
  const whole = files.filter(({ part }) => part === 'card');
  const best = highestOf(versionsOf(whole));
  const step = best === null ? null : stepTowards(best, versionsOf(whole), [installed]);
  const { chosen, ambiguous } = newest(whole.filter(({ version }) => version === (step ?? best)));
  const wanted = chosen.filter((file) => isDifferent(file, installed));
  return { files: wanted, ambiguous, goesOn: step !== null, facts: [] };
}

function versionsOf(files: readonly CardFile[]): readonly string[] {
  return files.flatMap(({ version }) => (version === null ? [] : [version]));
}

/**
 * The newest version to install before `best`, because `best` is more than one major version above what the
 * card runs; null if there is none, or if `best` may be installed at once.
 * Source: docs/sources/card.md#major-versions-of-card-firmware
 */
function stepTowards(
  best: string,
  versions: readonly string[],
  installed: readonly (string | null)[],
): string | null {
  if (installed.every((one) => isWithinReach(best, one))) return null;
  const steps = versions.filter(
    (version) =>
      installed.every((one) => isWithinReach(version, one)) &&
      installed.some((one) => cardOrder(version, one) === 'newer'),
  );
  return highestOf(steps);
}

/** At most one major version above; also if that is not known, which the rules report. */
function isWithinReach(version: string, installed: string | null): boolean {
  const [to, from] = [majorOf(version), majorOf(installed)];
  return to === null || from === null || to - from <= 1;
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
    goesOn: pair.goesOn,
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
  readonly goesOn: boolean;
}

/**
 * The newest version with both operating system and application, in the folder or on the card. If the card
 * already runs it, the newest file of each part, so that the rules can report what is missing.
 */
function newestPair(card: Card, os: readonly CardFile[], app: readonly CardFile[]): Pair {
  const installedApp = card.app?.version ?? null;
  const has = (files: readonly CardFile[], installed: string | null, version: string): boolean =>
    cardOrder(version, installed) === 'same' || files.some((file) => file.version === version);
  const whole = versionsOf([...os, ...app]).filter(
    (version) => has(os, card.os, version) && has(app, installedApp, version),
  );
  const newestWhole = highestOf(whole);
  const step = newestWhole === null ? null : stepTowards(newestWhole, whole, [card.os, installedApp]);
  const best = step ?? newestWhole;
  if (best !== null && (isNewer(best, card.os) || isNewer(best, installedApp))) {
    const osFiles = newest(os.filter((file) => file.version === best && isDifferent(file, card.os)));
    const appFiles = newest(app.filter((file) => file.version === best && isDifferent(file, installedApp)));
    return {
      chosen: [...osFiles.chosen, ...appFiles.chosen],
      ambiguous: [...osFiles.ambiguous, ...appFiles.ambiguous],
      os: best,
      app: best,
      goesOn: step !== null,
    };
  }
  const osFiles = newest(os.filter((file) => isNewer(file.version, card.os)));
  const appFiles = newest(app.filter((file) => isNewer(file.version, installedApp)));
  return {
    chosen: [...osFiles.chosen, ...appFiles.chosen],
    ambiguous: [...osFiles.ambiguous, ...appFiles.ambiguous],
    os: osFiles.chosen[0]?.version ?? null,
    app: appFiles.chosen[0]?.version ?? null,
    goesOn: false,
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
